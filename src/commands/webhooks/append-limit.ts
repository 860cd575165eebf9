import type { NewEvent } from '../../events/event-log.ts';

/**
 * The data bytes of one append may sum to 1,048,576 on a server with default settings (docs/event-store.md, "Appends");
 * metadata and types do not count. We stay below it.
 */
export const APPEND_LIMIT = 900 * 1024;

/** What an event takes of the limit. */
const sizeOf = ({ data }: NewEvent): number =>
  data instanceof Uint8Array ? data.length : Buffer.byteLength(JSON.stringify(data));

export const fitsOneAppend = (events: readonly NewEvent[]): boolean =>
  events.length === 1 || events.reduce((bytes, event) => bytes + sizeOf(event), 0) <= APPEND_LIMIT;

/** The events in order, in as few appends as can hold them. */
export function appendsOf(events: readonly NewEvent[]): readonly (readonly NewEvent[])[] {
  if (events.length <= 1) return events.length === 0 ? [] : [events];
  const appends: NewEvent[][] = [];
  let room = 0;
  for (const event of events) {
    const size = sizeOf(event);
    if (size > room || appends.length === 0) {
      appends.push([]);
      room = APPEND_LIMIT;
    }
    appends.at(-1)!.push(event);
    room -= size;
  }
  return appends;
}
