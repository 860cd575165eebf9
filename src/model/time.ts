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

const formats = new Map<string, Intl.DateTimeFormat>();

function format(timeZone: string): Intl.DateTimeFormat {
  // Callers write zones in any case; without this the cache would grow without end.
  const name = timeZone.toLowerCase();
  const cached = formats.get(name);
  if (cached) return cached;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    hourCycle: 'h23',
    era: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(name, made);
  return made;
}

/** The offset of a zone from UTC at an instant, in milliseconds. */
function offsetAt(instant: number, timeZone: string): number {
  const part: Record<string, string> = {};
  for (const { type, value } of format(timeZone).formatToParts(instant)) part[type] = value;
  const { era, year, month, day, hour, minute, second } = part;
  const shown = new Date(0);
  // Date.UTC reads the years below 100 as 19xx.
  shown.setUTCFullYear(era === 'BC' ? 1 - Number(year) : Number(year), Number(month) - 1, Number(day));
  shown.setUTCHours(Number(hour), Number(minute), Number(second));
  return shown.getTime() - Math.floor(instant / 1000) * 1000;
}

export const DAY_MS = 86_400_000;

/** The local time in a zone at an instant. */
export const localAt = (instant: number, timeZone: string): number => instant + offsetAt(instant, timeZone);

/** The two instants that may have a local time, by the offsets a day before and a day after. */
const candidates = (local: number, timeZone: string): readonly [number, number] => {
  const [a, b] = [local - offsetAt(local - DAY_MS, timeZone), local - offsetAt(local + DAY_MS, timeZone)];
  return a < b ? [a, b] : [b, a];
};

/**
 * The instant of a local time. Undefined unless there is exactly one: in spring an hour is skipped, in autumn one comes
 * twice, and neither is guessed.
 */
export function instantOfLocal(local: number, timeZone: string): number | undefined {
  try {
    const instants = [...new Set(candidates(local, timeZone))].filter((at) => localAt(at, timeZone) === local);
    return instants.length === 1 ? instants[0] : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined; // no zone of that name
    throw error;
  }
}

/** The first instant of a local day, given by its midnight, which clocks may skip. */
export function startOfDay(midnight: number, timeZone: string): number {
  const [first, second] = candidates(midnight, timeZone);
  return first === second || localAt(first, timeZone) >= midnight ? first : second;
}
