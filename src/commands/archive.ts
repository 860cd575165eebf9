import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Logger } from 'pino';
import type { CallEvent } from '../events/call-facts.ts';
import { type Decider, handle, withNext } from '../events/decider.ts';
import { type EventLog, readLeft, StreamDeleted } from '../events/event-log.ts';
import { byCommand } from '../events/metadata.ts';
import type { Recorded } from '../events/recorded.ts';
import { callStream, sessionStream } from '../events/streams.ts';
import { type Authenticate, type CallerEnv, requireScope } from '../http/bearer.ts';
import { DatabaseUnavailable, problemRoutes } from '../http/failures.ts';
import { chosenPathId, IdempotencyKey } from '../http/parameters.ts';
import { json, problem, problemResponse } from '../http/problem.ts';
import { CallSession } from '../http/resources.ts';
import { inTurn, tenantShare } from '../http/tenant-share.ts';
import { normalSessionId } from '../model/ids.ts';
import {
  COMMANDS_AT_ONCE,
  keyReused,
  NOT_SHOWN,
  requestIdOf,
  type ShownAfter,
  shownAfter,
  staffRefusals,
} from './command-routes.ts';
import { sessionInLog } from './from-log.ts';

const archiveActions = ['archive', 'unarchive'] as const;
type ArchiveAction = (typeof archiveActions)[number];

type ArchiveEvent = Extract<CallEvent, { readonly type: 'CallArchived' | 'CallUnarchived' }>;

const eventOf = { archive: 'CallArchived', unarchive: 'CallUnarchived' } as const satisfies Record<
  ArchiveAction,
  ArchiveEvent['type']
>;

/** What a call's stream has of archiving, the oldest first; other facts need not be readable. */
type ArchiveState = { readonly exists: boolean; readonly archivings: readonly Pick<Recorded, 'id' | 'type'>[] };

type SetArchived = {
  readonly action: ArchiveAction;
  /** The id of the API key. */
  readonly by: string;
  /** The id of its event, where the request has an Idempotency-Key. */
  readonly requestId: string | undefined;
};

/**
 * Archives a call or takes it back; already so is nothing. With an Idempotency-Key a request that was done is not done
 * again, though its opposite came in between.
 */
const decider: Decider<ArchiveState, SetArchived, ArchiveEvent, 'idempotency_key_reused' | 'unknown_call'> = {
  initialState: { exists: false, archivings: [] },
  evolve: ({ archivings }, { id, type }) => ({
    exists: true,
    archivings: type === 'CallArchived' || type === 'CallUnarchived' ? withNext(archivings, { id, type }) : archivings,
  }),
  decide({ action, by, requestId }, { exists, archivings }) {
    if (!exists) return 'unknown_call';
    const type = eventOf[action];
    const before = archivings.find(({ id }) => id === requestId);
    if (before !== undefined) return before.type === type ? [] : 'idempotency_key_reused';
    const isArchived = archivings.at(-1)?.type === 'CallArchived';
    return isArchived === (action === 'archive') ? [] : [{ type, data: { by } }];
  },
};

type ArchiveCommand = {
  readonly tenantId: string;
  readonly callIds: readonly string[];
  readonly action: ArchiveAction;
  readonly idempotencyKey: string | undefined;
  readonly by: string;
};

type RecordedArchive = {
  /** Of the newest event of the calls' streams: a read model that is this far shows the result. */
  readonly position: bigint | undefined;
  readonly changed: number;
};

/**
 * Archives each call in its own stream; a repeat after an interruption does the rest. Skips calls that are unknown or
 * deleted, unless all are. Throws EventStoreUnavailable, StreamDeleted.
 */
async function recordArchive(
  log: EventLog,
  { tenantId, callIds, action, idempotencyKey, by }: ArchiveCommand,
): Promise<RecordedArchive | 'idempotency_key_reused' | 'unknown_call'> {
  const calls = callIds.map((callId) => {
    const stream = callStream(tenantId, callId);
    return { callId, stream, command: { action, by, requestId: requestIdOf(stream, idempotencyKey) } };
  });
  // Decided for all calls before the first append: a key that is refused for one of them must change none.
  if (idempotencyKey !== undefined && calls.length > 1)
    for (const { stream, command } of calls) {
      const state = (await readLeft(log, stream)).reduce(decider.evolve, decider.initialState);
      if (decider.decide(command, state) === 'idempotency_key_reused') return 'idempotency_key_reused';
    }

  const at = new Date();
  let exists = false;
  let deleted: unknown;
  let changed = 0;
  let position: bigint | undefined;
  for (const { callId, stream, command } of calls) {
    const metadata = byCommand(tenantId, callId, at);
    const result = await handle(log, stream, decider, command, metadata, () => command.requestId).catch(
      (error: unknown) => {
        if (!(error instanceof StreamDeleted)) throw error;
        deleted = error;
        return 'unknown_call' as const;
      },
    );
    if (result === 'idempotency_key_reused') return result;
    if (result === 'unknown_call') continue;
    exists = true;
    changed += result.appended.length;
    if (result.position !== undefined && (position === undefined || result.position > position))
      position = result.position;
  }
  if (!exists && deleted !== undefined) throw deleted;
  return exists ? { position, changed } : 'unknown_call';
}

type ArchiveRoutesDeps = {
  readonly log: EventLog;
  readonly authenticate: Authenticate;
  /**
   * The calls of a session, by its id or the Retell id of any of its calls, bare or behind `call:`; empty: unknown.
   * Rejects when the read model cannot be asked.
   */
  readonly callsOfSession: (tenantId: string, sessionId: string) => Promise<readonly string[]>;
  readonly sessionAfter: ShownAfter<CallSession>;
  readonly logger: Logger;
};

const CALL = 'call:';

const summaries = {
  archive: 'Leave a session out of the call records',
  unarchive: 'Take a session back into the call records',
} as const;

/** `POST /api/call-sessions/{id}/archive | unarchive` (B12). */
export function archiveRoutes(deps: ArchiveRoutesDeps): OpenAPIHono<CallerEnv> {
  const { log, logger } = deps;
  const record = inTurn(tenantShare(COMMANDS_AT_ONCE), (_, command: ArchiveCommand) => recordArchive(log, command));
  const routes = problemRoutes<CallerEnv>(logger);

  const callsOf = async (tenantId: string, id: string): Promise<readonly string[]> => {
    if (id === '') return [];
    const isCall = id.startsWith(CALL);
    const named = [isCall ? id.slice(CALL.length) : id];
    try {
      const calls = await deps.callsOfSession(tenantId, id);
      return calls.length > 0 ? calls : named;
    } catch (error) {
      logger.warn({ reason: 'read_model_unavailable', error: (error as Error).name }, 'session not looked up');
      if (isCall) return named;
      throw new DatabaseUnavailable('Which calls the session has cannot be asked now. Repeat the request.');
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
          200: json(CallSession, 'The session.'),
          ...staffRefusals,
          404: problemResponse('`not_found`: there is no such session, or it is not yours.'),
          409: problemResponse(
            '`no_call_yet`: the session has no call to archive; `idempotency_key_reused`: the key came before with the opposite.',
          ),
          503: problemResponse(
            '`event_store_unavailable`: the event store did not confirm; `database_unavailable`: which calls the session has cannot be asked now. Repeat the request.',
          ),
        },
      }),
      async (c) => {
        const { tenantId, keyId: by } = c.var.caller;
        const { id } = c.req.valid('param');
        const callIds = await callsOf(tenantId, id);
        const idempotencyKey = c.req.valid('header')['idempotency-key'];
        const command = { tenantId, callIds, action, idempotencyKey, by };
        const result = await record(tenantId, command);
        if (result === 'unknown_call')
          return (await isRequested(log, tenantId, id))
            ? problem(c, 409, 'no_call_yet', { detail: 'No call of this session is on record yet.' })
            : problem(c, 404, 'not_found');
        if (result === 'idempotency_key_reused') return keyReused(c);
        if (result.changed > 0)
          logger.info({ event: `session_${action}d`, tenantId, sessionId: id, keyId: by }, `session ${action}d`);
        const shown = await shownAfter(deps.sessionAfter, logger, tenantId, id, result.position);
        const session = shown ?? (await sessionInLog(log, tenantId, id, callIds));
        return session ? c.json(session, 200) : problem(c, 503, 'read_model_unavailable', { detail: NOT_SHOWN });
      },
    );

  return routes;
}

/** A session may be on record before any call of it is (A1). */
const isRequested = async (log: EventLog, tenantId: string, id: string): Promise<boolean> =>
  id !== '' && (await log.read(sessionStream(tenantId, id), { max: 1 })).length > 0;
