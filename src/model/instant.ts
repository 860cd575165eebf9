/** What ISO 8601 writes with four digits of a year, and Postgres holds: the years 1 to 9999 in UTC, in milliseconds. */
const FIRST = Date.parse('0001-01-01T00:00:00.000Z');
const LAST = Date.parse('9999-12-31T23:59:59.999Z');

/** Whether a moment can be recorded and shown. */
export const isRecordable = (ms: number): boolean => ms >= FIRST && ms <= LAST;

/** A moment as ISO 8601 in UTC; undefined where it cannot be recorded, also for no number at all. */
export const isoInstant = (ms: number): string | undefined =>
  isRecordable(ms) ? new Date(ms).toISOString() : undefined;

/** How far a clock elsewhere may be ahead. Wide: whoever tells the same again a little later must be told the same. */
const AHEAD_MS = 24 * 3_600_000;

/** Whether something can have happened at a moment, as whoever heard of it at another one must think. */
export const canHaveHappened = (ms: number, heardMs: number): boolean => ms <= heardMs + AHEAD_MS;
