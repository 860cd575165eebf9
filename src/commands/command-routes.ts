import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { Logger } from 'pino';
import { UnreadableFact } from '../events/codec.ts';
import { EventStoreUnavailable, StreamDeleted } from '../events/event-log.ts';
import { uuidOf } from '../events/identity.ts';
import { UnrecordableEvent } from '../events/recordable.ts';
import { problem, streamDeleted, unreadableFact } from '../http/problem.ts';

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

/** The header, as every command of staff takes it. */
export const IdempotencyKey = z
  .string()
  .regex(/^[\x20-\x7e]{1,255}$/, 'must be 1–255 printable ASCII characters')
  .optional()
  .openapi({ description: 'The same key with the same body changes nothing more; with another body: 409.' });

/**
 * The id of the event that a request with a key appends to a stream, so that the stream itself remembers the key.
 * STORED FORMAT, like every event id. Undefined: there was no key.
 */
export const requestIdOf = (stream: string, idempotencyKey: string | undefined): string | undefined =>
  idempotencyKey === undefined ? undefined : uuidOf(stream, 'Idempotency-Key', idempotencyKey);

export const keyReused = (c: Context) =>
  problem(c, 409, 'idempotency_key_reused', {
    detail: 'This Idempotency-Key came with another body before. Use a new one for a new change.',
  });

/**
 * A resource as the query API shows it, once the read model has a position; undefined: not in time.
 * Composition gives it; without a read model in the process it is `async () => undefined`.
 */
export type ShownAfter = (
  tenantId: string,
  id: string,
  position: bigint,
  timeoutMs: number,
) => Promise<unknown | undefined>;

const READ_MODEL_WITHIN_MS = 1000;

/**
 * What a command answers with. Ingest needs no Postgres, so neither does the answer: undefined where the read model
 * cannot be asked, and the command then answers from the log.
 */
export async function shownAfter(
  ask: ShownAfter,
  logger: Pick<Logger, 'warn'>,
  tenantId: string,
  id: string,
  position: bigint | undefined,
): Promise<unknown | undefined> {
  if (position === undefined) return undefined;
  try {
    return await ask(tenantId, id, position, READ_MODEL_WITHIN_MS);
  } catch (error) {
    logger.warn({ reason: 'read_model_unavailable', error: (error as Error).name }, 'answered from the log');
    return undefined;
  }
}

/** What staff write beside a change. Personal data: it stands in facts and answers, never in a log. */
export const staffNote = z
  .string()
  .min(1)
  .max(4000)
  .refine((text) => text.isWellFormed() && !/[^\P{Cc}\t\n\r]/u.test(text), 'must hold no control characters');
