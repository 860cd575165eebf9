import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { uuidOf } from '../events/identity.ts';
import { problem } from '../http/problem.ts';

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
