import { createHash } from 'node:crypto';
import stableStringify from 'fast-json-stable-stringify';

/** Our namespace for UUIDv5 (RFC 9562). STORED FORMAT: every event id in every log derives from it. */
const NAMESPACE = Buffer.from('6f3d8f0e5c1b4b0f9a4e2d7c81b5a9e3', 'hex');

/** A UUIDv5 of a name that is made of parts; no part can run into its neighbour. */
export function uuidOf(...parts: readonly string[]): string {
  const hash = createHash('sha1').update(NAMESPACE).update(JSON.stringify(parts)).digest();
  hash[6] = (hash[6]! & 0x0f) | 0x50;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** The digest of a JSON value whatever the order of its keys (A5). */
export const digestOf = (value: unknown): string => sha256(stableStringify(value));

/**
 * The id of a fact about a call (C3): what it is, never when or how it reached us. A redelivery, a retry
 * with a new `event_timestamp` and a reconciliation of the same fact all come to the same id.
 */
export const factId = (tenantId: string, callId: string, type: string, data: unknown): string =>
  uuidOf(tenantId, callId, type, digestOf(data));

/** A tenant's id: its first character is a letter or digit, and none is the dot that ends it in stream names. */
const TENANT_ID = /^[a-z0-9][a-z0-9_-]{0,62}$/;

export const isTenantId = (value: unknown): value is string => typeof value === 'string' && TENANT_ID.test(value);

const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/**
 * Whether a value from outside may serve as a call id or a correlation id: a string of 1–512 UTF-8 bytes
 * without control characters or broken Unicode. A number is not an id (docs/rules.md, "Session", "The door").
 */
export const isUsableId = (value: unknown): value is string =>
  typeof value === 'string' &&
  value.length > 0 &&
  value.length <= 512 &&
  Buffer.byteLength(value) <= 512 &&
  value.isWellFormed() &&
  !CONTROL.test(value);
