import type { NewEvent } from '../../events/event-log.ts';

/**
 * The data bytes of one append may sum to 1,048,576 on a server with default settings (docs/event-store.md, "Appends");
 * metadata and types do not count. We stay below it.
 */
export const APPEND_LIMIT = 900 * 1024;

/** What an event takes of the limit. */
export const sizeOf = ({ data }: NewEvent): number =>
  data instanceof Uint8Array ? data.length : Buffer.byteLength(JSON.stringify(data));

export const fitsOneAppend = (events: readonly NewEvent[]): boolean =>
  events.length === 1 || events.reduce((bytes, event) => bytes + sizeOf(event), 0) <= APPEND_LIMIT;
