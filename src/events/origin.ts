import type { EventLog } from './event-log.ts';
import { placeFrom, placeText, type Recorded } from './recorded.ts';

/** What a log is known by, to be kept: its first event. */
export const originOf = (first: Recorded): string => placeText(first);

/**
 * Whether a log that begins with this event has that origin: the same event, or one that a scavenge has removed. An
 * earlier release has kept the id alone.
 */
export async function hasOrigin(
  log: Pick<EventLog, 'holds'>,
  first: Recorded | undefined,
  origin: string | undefined,
): Promise<boolean> {
  if (first === undefined || origin === undefined) return false;
  const place = placeFrom(origin);
  if (first.id === (place?.id ?? origin)) return true;
  return place !== undefined && first.position > place.position && log.holds(place);
}
