import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Logger } from 'pino';
import type { EventLog } from '../events/event-log.ts';
import { sessionStream } from '../events/streams.ts';
import { type Authenticate, type CallerEnv, requireScope } from '../http/bearer.ts';
import { chosenPathId } from '../http/parameters.ts';
import { badRequest, problem, problemResponse } from '../http/problem.ts';
import { goneForGood } from '../http/unreadable-fact.ts';
import { normalSessionId } from '../model/ids.ts';
import { archiveActions } from './archive/archive-decision.ts';
import { recordArchive } from './archive/record-archive.ts';
import { commandErrors } from './command-routes.ts';
import { IdempotencyKey, keyReused } from './idempotency-key.ts';
import { type ShownAfter, shownAfter } from './shown-after.ts';

export type ArchiveRoutesDeps = {
  readonly log: EventLog;
  readonly authenticate: Authenticate;
  /**
   * The calls of a session, by the session's id or by `call:<Retell call id>` of any of its calls; none: unknown.
   * Rejects when the read model cannot be asked; a session that is named by a call is then that call alone.
   */
  readonly callsOfSession: (tenantId: string, sessionId: string) => Promise<readonly string[]>;
  readonly sessionAfter: ShownAfter;
  readonly logger: Logger;
  readonly now?: () => Date;
};

const CALL = 'call:';

/** The query API's call session (its schema is generated there). */
const ShownSession = z.looseObject({ id: z.string(), tenantId: z.string(), archived: z.boolean() });

const summaries = {
  archive: 'Leave a session out of the call records',
  unarchive: 'Take a session back into the call records',
} as const;

/** `POST /api/call-sessions/{id}/archive | unarchive` (B12). */
export function archiveRoutes(deps: ArchiveRoutesDeps): OpenAPIHono<CallerEnv> {
  const { log, logger, now = () => new Date() } = deps;
  const routes = new OpenAPIHono<CallerEnv>({ defaultHook: badRequest });
  routes.onError(commandErrors(logger));

  const callsOf = async (tenantId: string, id: string): Promise<readonly string[] | 'unavailable'> => {
    if (id === '') return [];
    const named = id.startsWith(CALL) ? [id.slice(CALL.length)] : [];
    try {
      const calls = await deps.callsOfSession(tenantId, id);
      return calls.length > 0 ? calls : named;
    } catch (error) {
      logger.warn({ reason: 'read_model_unavailable', error: (error as Error).name }, 'session not looked up');
      return named.length > 0 ? named : 'unavailable';
    }
  };

  for (const action of archiveActions)
    routes.openapi(
      createRoute({
        method: 'post',
        path: `/api/call-sessions/{id}/${action}`,
        operationId: `${action}CallSession`,
        tags: ['Call sessions'],
        summary: summaries[action],
        description: 'All its calls. Already so is fine. Encode the id: "/" is `%2F`.',
        security: [{ apiKey: [] }],
        middleware: requireScope(deps.authenticate, 'write'),
        request: {
          params: z.object({ id: chosenPathId(normalSessionId) }),
          headers: z.object({ 'idempotency-key': IdempotencyKey }),
        },
        responses: {
          200: { description: 'The session', content: { 'application/json': { schema: ShownSession } } },
          400: problemResponse('Not as documented; `errors[]` names each.'),
          401: problemResponse('No API key, or an unknown or revoked one.'),
          403: problemResponse('The API key has no write scope.'),
          404: problemResponse('`not_found`: there is no such session, or it is not yours.'),
          409: problemResponse(
            '`no_call_yet`: the session has no call to archive; `idempotency_key_reused`: the key came before with the opposite.',
          ),
          410: goneForGood,
          503: problemResponse(
            '`store_unavailable`: the event store did not confirm; `read_model_unavailable`: which calls the session has cannot be asked now. Repeat the request.',
          ),
        },
      }),
      async (c) => {
        const { tenantId, keyId: by } = c.var.caller;
        const { id } = c.req.valid('param');
        const callIds = await callsOf(tenantId, id);
        if (callIds === 'unavailable')
          return problem(c, 503, 'read_model_unavailable', {
            detail: 'The read model cannot be read now.',
            headers: { 'retry-after': '2' },
          }) as never;
        const idempotencyKey = c.req.valid('header')['idempotency-key'];
        const at = now().toISOString();
        const result = await recordArchive(log, { tenantId, callIds, action, idempotencyKey, by, at });
        if (result === 'unknown_call')
          return (
            (await isRequested(log, tenantId, id))
              ? problem(c, 409, 'no_call_yet', { detail: 'No call of this session is on record yet.' })
              : problem(c, 404, 'not_found')
          ) as never;
        if (result === 'idempotency_key_reused') return keyReused(c) as never;
        if (result.changed > 0)
          logger.info({ event: `session_${action}d`, tenantId, sessionId: id, keyId: by }, `session ${action}d`);
        const shown = await shownAfter(deps.sessionAfter, logger, tenantId, id, result.position);
        const session = shown ?? { id, tenantId, archived: action === 'archive' };
        return c.json(session as z.infer<typeof ShownSession>, 200);
      },
    );

  return routes;
}

/** A session may be on record before any call of it is (A1). */
const isRequested = async (log: EventLog, tenantId: string, id: string): Promise<boolean> =>
  id !== '' && (await log.read(sessionStream(tenantId, id), { max: 1 })).length > 0;
