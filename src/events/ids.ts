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
