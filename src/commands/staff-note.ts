import { z } from '@hono/zod-openapi';

/** What staff write beside a change. Personal data: it stands in facts and answers, never in a log. */
export const staffNote = z
  .string()
  .min(1)
  .max(4000)
  .refine((text) => text.isWellFormed() && !/[^\P{Cc}\t\n\r]/u.test(text), 'must hold no control characters');
