import type { Expected } from '../../events/event-log.ts';

/** What is known of a stream: where it stood when last looked at, and the ids of what it held. */
export type Seen = { readonly revision: Expected; readonly ids: ReadonlySet<string> };

/** A stream of which nothing is known is taken to be new; the expected revision finds out when it is not. */
export const UNSEEN: Seen = { revision: 'no_stream', ids: new Set() };

export type StreamMemory = {
  recall(stream: string): Seen | undefined;
  keep(stream: string, seen: Seen): void;
  forget(stream: string): void;
};

const STREAMS = 10_000;
/** A call has a handful of events; one that has very many is read again rather than kept. */
const IDS = 1000;

/** The streams that were in use last, so that they need not be read. Correctness never depends on it. */
export function streamMemory(capacity = STREAMS): StreamMemory {
  const streams = new Map<string, Seen>(); // a Map keeps the order of insertion: the first is the one not used for longest
  return {
    recall(stream) {
      const seen = streams.get(stream);
      if (seen === undefined || !streams.delete(stream)) return undefined;
      streams.set(stream, seen);
      return seen;
    },
    keep(stream, seen) {
      streams.delete(stream);
      if (seen.ids.size > IDS) return;
      streams.set(stream, seen);
      if (streams.size > capacity) streams.delete(streams.keys().next().value!);
    },
    forget: (stream) => void streams.delete(stream),
  };
}
