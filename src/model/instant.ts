/** What ISO 8601 writes with four digits of a year, and Postgres holds: the years 1 to 9999 in UTC, in milliseconds. */
const FIRST = Date.parse('0001-01-01T00:00:00.000Z');
const LAST = Date.parse('9999-12-31T23:59:59.999Z');

/** Whether a moment can be recorded and shown. */
export const isRecordable = (ms: number): boolean => ms >= FIRST && ms <= LAST;

/** A moment as ISO 8601 in UTC; undefined where it cannot be recorded, also for no number at all. */
export const isoInstant = (ms: number): string | undefined =>
  isRecordable(ms) ? new Date(ms).toISOString() : undefined;
