import { createHash } from 'node:crypto';
import stableStringify from 'fast-json-stable-stringify';

/** Our namespace for UUIDv5 (RFC 9562). STORED FORMAT: every event id in every log derives from it. */
const NAMESPACE = Buffer.from('6f3d8f0e5c1b4b0f9a4e2d7c81b5a9e3', 'hex');

/** A UUIDv5 of several parts, encoded so that different parts never give the same name. */
export function uuidOf(...parts: readonly string[]): string {
  const hash = createHash('sha1').update(NAMESPACE).update(JSON.stringify(parts)).digest();
  hash[6] = (hash[6]! & 0x0f) | 0x50;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** The digest of a JSON value, independent of the order of its keys (A5). */
export const digestOf = (value: unknown): string => sha256(stableStringify(value));

/**
 * The id of a fact (C3) follows from its content, so a redelivery, a retry with a new `event_timestamp` and a
 * reconciliation get the same id.
 */
export const factId = (tenantId: string, callId: string, type: string, data: unknown): string =>
  uuidOf(tenantId, callId, type, digestOf(data));

/** Without the dot that ends the tenant in stream names. */
const TENANT_ID = /^[a-z0-9][a-z0-9_-]{0,62}$/;

export const isTenantId = (value: unknown): value is string => typeof value === 'string' && TENANT_ID.test(value);

const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/**
 * Whether a value can be a call id or correlation id: 1–512 UTF-8 bytes, no control characters, well-formed. A number
 * is no id (docs/rules.md, "Session", "The door").
 */
export const isUsableId = (value: unknown): value is string =>
  typeof value === 'string' &&
  value.length > 0 &&
  value.length <= 512 &&
  Buffer.byteLength(value) <= 512 &&
  value.isWellFormed() &&
  !CONTROL.test(value);
