import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { Logger } from 'pino';
import { UnreadableFact } from '../events/codec.ts';
import { EventStoreUnavailable, StreamDeleted } from '../events/event-log.ts';
import { UnrecordableEvent } from '../events/recordable.ts';
import { problem } from '../http/problem.ts';
import { streamDeleted, unreadableFact } from '../http/unreadable-fact.ts';

/** A command that was not confirmed may be repeated: it is read and decided again, never done twice. */
export const storeUnavailable = (c: Context) =>
  problem(c, 503, 'store_unavailable', {
    detail: 'The event store did not confirm the change. Repeat the request.',
    headers: { 'retry-after': '1' },
  });

/** For `routes.onError(commandErrors(logger))`: what a command may throw, as a problem. */
export const commandErrors = (logger: Logger) => (error: Error, c: Context) => {
  if (error instanceof EventStoreUnavailable) {
    logger.warn({ reason: 'store_unavailable', detail: error.message }, 'command not confirmed');
    return storeUnavailable(c);
  }
  if (error instanceof StreamDeleted) return streamDeleted(c);
  if (error instanceof UnreadableFact) {
    const { position, stream, type } = error.fact;
    logger.warn({ reason: 'fact_unreadable', position: `${position}`, stream, type }, 'command refused');
    return unreadableFact(c, error, 'It cannot be decided without it, so nothing was recorded.');
  }
  if (error instanceof UnrecordableEvent) {
    const { type, faults } = error;
    logger.warn({ reason: 'unrecordable', type, faults }, 'command refused');
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
  throw error; // what nobody expected is the root application's to answer
};
