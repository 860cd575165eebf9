import { createRoute, z } from '@hono/zod-openapi';
import { only, plus } from '../../http/parameters.ts';
import { problem } from '../../http/problem.ts';
import { isTimeZone } from '../../model/time.ts';
import { apiKey, json, refusals } from '../answers.ts';
import { boundParameter, DEFAULT_DAYS, daysOf, MAX_DAYS } from '../days.ts';
import { DailySummary, summaryOf } from '../summary.ts';
import type { AsTenant, QueryApp } from '../tenant-reads.ts';

/** A tenant's own time zone; undefined where it has set none. */
export type TimeZoneOf = (tenantId: string) => string | undefined;

const Range = only({
  from: boundParameter(
    `From the beginning of this day in \`timeZone\`, or from this time on. Default: the ${DEFAULT_DAYS} days up to \`to\`.`,
  ).optional(),
  to: boundParameter(
    'Up to the end of this day in `timeZone`, or before this time. Default: the end of today.',
  ).optional(),
  timeZone: z
    .string()
    .max(64)
    .transform(plus)
    .refine(isTimeZone, 'must be an IANA time zone, as Europe/Berlin')
    .optional()
    .openapi({ type: 'string', example: 'Europe/Berlin', description: "Default: the tenant's, else UTC." }),
});

export const getSummary = (app: QueryApp, asTenant: AsTenant, timeZoneOf: TimeZoneOf) =>
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/summary',
      operationId: 'getSummary',
      tags: ['Summary'],
      summary: 'Counts of each day',
      description:
        `Each local day that the range touches, at most ${MAX_DAYS}; one that it touches in part is counted in part. ` +
        'What becomes known later changes earlier days. All counts are of one moment.',
      security: apiKey,
      middleware: asTenant,
      request: { query: Range },
      responses: { 200: json(DailySummary, 'The days; those on which nothing was have zeros.'), ...refusals },
    }),
    async (c) => {
      const { timeZone = timeZoneOf(c.var.caller.tenantId) ?? 'UTC', ...range } = c.req.valid('query');
      const days = daysOf(range, timeZone, new Date());
      if ('message' in days)
        return problem(c, 400, 'invalid_request', { detail: 'The request is not as documented.', errors: [days] });
      return c.json({ timeZone, days: await summaryOf(c.var.reads, days) }, 200);
    },
  );
