import type { z } from '@hono/zod-openapi';
import { factUnreadable, goneForGood, problemResponse } from '../http/problem.ts';

export const json = <T extends z.ZodType>(schema: T, description: string) => ({
  description,
  headers: { ETag: { schema: { type: 'string' as const }, description: 'For `If-None-Match`.' } },
  content: { 'application/json': { schema } },
});

/** What every route of the query API may answer besides. */
export const refusals = {
  304: { description: 'Unchanged since the answer whose ETag `If-None-Match` names.' },
  400: problemResponse('`invalid_request`: a malformed or unknown parameter; `errors[]` names each.'),
  401: problemResponse('`unauthorized`: no API key, or an unknown or revoked one.'),
  403: problemResponse('`missing_scope`: the API key has no read scope.'),
  503: problemResponse(
    '`database_unavailable` or `event_store_unavailable`; `read_model_unavailable`: it has not come so far yet. Try again after `Retry-After` seconds.',
  ),
};

export const notFound = problemResponse('`not_found`: there is none with this id, or it is not yours.');

/** Of routes that take `at`. */
export const unreadable = { 409: problemResponse(`With \`at\`: ${factUnreadable}`), 410: goneForGood };

export const apiKey = [{ apiKey: [] }];
