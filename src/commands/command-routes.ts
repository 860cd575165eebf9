import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Logger } from 'pino';
import { uuidOf } from '../events/identity.ts';
import { pause } from '../events/waiting.ts';
import { goneForGood, problem, problemResponse } from '../http/problem.ts';

/** What a command of staff may be refused with, whatever it is; each route adds what is its own. */
export const staffRefusals = {
  400: problemResponse('Not as documented; `errors[]` names each.'),
  401: problemResponse('No API key, or an unknown or revoked one.'),
  403: problemResponse('The API key has no write scope.'),
  410: goneForGood,
  429: problemResponse("`too_many_requests`: more at once than is this tenant's share. Send fewer at once."),
  503: problemResponse('`event_store_unavailable`: the event store did not confirm; repeat the request.'),
};

/**
 * Commands of one kind that are decided at once. Each reads and folds a whole stream, which may be long: a tenant with
 * many of them keeps nobody else waiting, and loses fewer of them to each other.
 */
export const COMMANDS_AT_ONCE = 32;

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
export type ShownAfter<Resource> = (
  tenantId: string,
  id: string,
  position: bigint,
  timeoutMs: number,
) => Promise<Resource | undefined>;

const READ_MODEL_WITHIN_MS = 1000;
/** A Postgres that hangs must not keep an answer that the log can give. */
const ANSWER_WITHIN_MS = 2000;

/**
 * What a command answers with. Ingest needs no Postgres, so neither does the answer: undefined where the read model
 * cannot be asked, and the command then answers from the log.
 */
export async function shownAfter<Resource>(
  ask: ShownAfter<Resource>,
  logger: Pick<Logger, 'warn'>,
  tenantId: string,
  id: string,
  position: bigint | undefined,
): Promise<Resource | undefined> {
  if (position === undefined) return undefined;
  try {
    const shown = ask(tenantId, id, position, READ_MODEL_WITHIN_MS);
    return await Promise.race([shown, pause(ANSWER_WITHIN_MS).then(() => undefined)]);
  } catch (error) {
    logger.warn({ reason: 'read_model_unavailable', error: (error as Error).name }, 'answered from the log');
    return undefined;
  }
}

/** A command was carried out, and nothing can be read of what it was about. */
export const NOT_SHOWN = 'It is recorded, and cannot be shown now.';

/** What staff write beside a change. It is personal data, so facts and answers hold it and no log does. */
export const staffNote = z
  .string()
  .min(1)
  .max(4000)
  .refine((text) => text.isWellFormed() && !/[^\P{Cc}\t\n\r]/u.test(text), 'must hold no control characters');
