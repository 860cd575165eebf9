import { Temporal } from 'temporal-polyfill';

/** The years 1 to 9999 in UTC, in milliseconds: ISO 8601 writes them with four digits, and Postgres holds them. */
const FIRST = Date.parse('0001-01-01T00:00:00.000Z');
const LAST = Date.parse('9999-12-31T23:59:59.999Z');

/** Whether a moment can be recorded and shown. */
export const isRecordable = (ms: number): boolean => ms >= FIRST && ms <= LAST;

/** A moment as ISO 8601 in UTC; undefined when it cannot be recorded, or is no number. */
export const isoInstant = (ms: number): string | undefined =>
  isRecordable(ms) ? new Date(ms).toISOString() : undefined;

/** How far another clock may be ahead. Generous, so that a later repetition gets the same answer. */
const AHEAD_MS = 24 * 3_600_000;

/** Whether something can have happened, by when we heard of it. */
export const canHaveHappened = (ms: number, receivedMs: number): boolean => ms <= receivedMs + AHEAD_MS;

// Local times are handled as if they were UTC, in milliseconds.

/** Whether it names a time zone. An offset does not: it has no summer time. */
export function isTimeZone(name: string): boolean {
  if (/^[+-]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

export const DAY_MS = 86_400_000;

/** A local time, as a calendar and a clock show it. */
const shown = (local: number) =>
  Temporal.Instant.fromEpochMilliseconds(local).toZonedDateTimeISO('UTC').toPlainDateTime();

/** The local time in a zone at an instant. */
export const localAt = (instant: number, timeZone: string): number =>
  instant + Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(timeZone).offsetNanoseconds / 1e6;

/**
 * The instant of a local time. Undefined unless there is exactly one: in spring an hour is skipped, in autumn one comes
 * twice, and neither is guessed.
 */
export function instantOfLocal(local: number, timeZone: string): number | undefined {
  try {
    return shown(local).toZonedDateTime(timeZone, { disambiguation: 'reject' }).epochMilliseconds;
  } catch (error) {
    if (error instanceof RangeError) return undefined; // none, two, or no zone of that name
    throw error;
  }
}

/** The first instant of a local day, given by its midnight, which clocks may skip. */
export const startOfDay = (midnight: number, timeZone: string): number =>
  shown(midnight).toPlainDate().toZonedDateTime(timeZone).epochMilliseconds;
