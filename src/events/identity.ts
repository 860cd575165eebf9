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

/**
 * The digest of a JSON value with its keys sorted (A5; STORED FORMAT). In pieces: to copy ten megabytes takes five times as
 * long as to hash them.
 */
export function digestOf(value: unknown): string {
  const hash = createHash('sha256');
  let text = '';
  writeStable(value, (piece) => {
    text += piece;
    if (text.length < PIECE) return;
    hash.update(text);
    text = '';
  });
  return hash.update(text).digest('hex');
}

const PIECE = 16 * 1024;

function writeStable(value: unknown, write: (piece: string) => void): void {
  if (typeof value === 'string' && value.length > PIECE) {
    write('"');
    for (const piece of value.match(PIECES)!) write(JSON.stringify(piece).slice(1, -1));
    write('"');
  } else if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) {
      write(i === 0 ? '[' : ',');
      writeStable(item ?? null, write);
    }
    write(value.length === 0 ? '[]' : ']');
  } else if (typeof value === 'object' && value !== null && !('toJSON' in value)) {
    write('{');
    const members = Object.entries(value).filter(([, one]) => one !== undefined);
    for (const [i, [key, one]] of members.sort(([a], [b]) => (a < b ? -1 : 1)).entries()) {
      write(`${i === 0 ? '' : ','}${JSON.stringify(key)}:`);
      writeStable(one, write);
    }
    write('}');
  } else write(stableStringify(value));
}

/** Of whole characters: JSON escapes half of a pair. */
const PIECES = /.{1,16000}/gsu;

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
