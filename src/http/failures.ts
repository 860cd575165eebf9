import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context, Env } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { Logger } from 'pino';
import { UnreadableFact, UnrecordableEvent } from '../events/codec.ts';
import { EventStoreUnavailable, StreamDeleted } from '../events/event-log.ts';
import { isDatabaseUnavailable, isReadOnly } from '../postgres/errors.ts';
import { badRequest, problem } from './problem.ts';
import { TooManyRequests } from './tenant-share.ts';

/** Postgres does not answer, or this process has none. The caller gets the message, so it must hold no secret. */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable';
}

const isQuery = (c: Context): boolean => c.req.method === 'GET' || c.req.method === 'HEAD';

/** A store that does not answer, 503 under one code whichever route asked it. */
const outage = (c: Context, code: 'event_store_unavailable' | 'database_unavailable', detail: string) =>
  problem(c, 503, code, { detail, headers: { 'retry-after': isQuery(c) ? '2' : '1' } });

/** A command that was not confirmed may be repeated: it is read and decided again, never done twice. */
export const eventStoreUnavailable = (c: Context) =>
  outage(
    c,
    'event_store_unavailable',
    isQuery(c) ? 'The event store does not answer.' : 'The event store did not confirm the change. Repeat the request.',
  );

/**
 * For `onError`: an error of a handler as a problem; unknown ones go to the root application.
 * `unreadable` says what an unreadable fact prevents. Queries pass no logger.
 */
export const failures =
  (logger?: Pick<Logger, 'warn'>, unreadable = 'It cannot be decided without it, so nothing was recorded.') =>
  (error: Error, c: Context): Response => {
    if (error instanceof EventStoreUnavailable) {
      const what = isQuery(c) ? 'query not answered' : 'command not confirmed';
      logger?.warn({ reason: 'store_unavailable', detail: error.message }, what);
      return eventStoreUnavailable(c);
    }
    if (error instanceof TooManyRequests)
      return problem(c, 429, 'too_many_requests', { detail: error.message, headers: { 'retry-after': '1' } });
    if (error instanceof DatabaseUnavailable) return outage(c, 'database_unavailable', error.message);
    if (isReadOnly(error))
      return outage(
        c,
        'database_unavailable',
        'Nothing can be written to the Postgres of this process: it is a replica. Ask a process whose DATABASE_URL leads to the primary.',
      );
    if (isDatabaseUnavailable(error)) {
      logger?.warn({ reason: 'database_unavailable', error: error.name }, 'request not answered');
      return outage(c, 'database_unavailable', 'Postgres does not answer. Repeat the request.');
    }
    if (error instanceof StreamDeleted)
      return problem(c, 410, 'stream_deleted', {
        detail:
          'An operator has deleted for good, in the event store, what this rests on. Nothing more can be recorded of it.',
      });
    if (error instanceof UnreadableFact) {
      const { position, stream, type } = error.fact;
      logger?.warn(
        { reason: 'fact_unreadable', position: `${position}`, stream, type },
        isQuery(c) ? 'query refused' : 'command refused',
      );
      // 409, not 503: it does not pass, and a repeat gets the same answer. The message holds nothing of what the fact says.
      return problem(c, 409, 'fact_unreadable', {
        detail:
          `${error.message}. It stands at position ${position}. ${unreadable} ` +
          'An operator finds it with `call-ledger parked list`, and mends it as docs/operations.md says ("Parked streams").',
        position: `${position}`,
      });
    }
    if (error instanceof UnrecordableEvent) {
      const { type, faults } = error;
      logger?.warn({ reason: 'unrecordable', type, faults }, 'command refused');
      return problem(c, 400, 'unrecordable', {
        detail: 'This could not be read back from the log, so nothing was recorded.',
        errors: faults.map(({ path, code }) => ({ path: path.replace(/^data\./, ''), message: code })),
      });
    }
    if (error instanceof HTTPException && error.status === 415)
      return problem(c, 415, 'unsupported_media_type', { detail: 'Send the body as content-type: application/json.' });
    if (error instanceof HTTPException && error.status === 400)
      return problem(c, 400, 'invalid_request', {
        detail: 'The body is no JSON.',
        errors: [{ path: '', message: error.message }],
      });
    throw error;
  };

/** Routes whose refusals and failures are answered as problems. */
export function problemRoutes<E extends Env = Env>(logger?: Pick<Logger, 'warn'>): OpenAPIHono<E> {
  const routes = new OpenAPIHono<E>({ defaultHook: badRequest });
  routes.onError(failures(logger));
  return routes;
}
