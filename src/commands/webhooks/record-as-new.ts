import {
  type EventLog,
  EventStoreOverloaded,
  EventStoreUnavailable,
  type NewEvent,
  StreamDeleted,
} from '../../events/event-log.ts';
import { fitsOneAppend } from './append-limit.ts';
import type { StreamMemory } from './stream-memory.ts';

/** The events of one stream, in order. */
export type Written = { readonly stream: string; readonly events: readonly NewEvent[] };

/** An answer that takes longer is not waited for: the careful way, which reads, goes on with what time there is. */
const ANSWER_WITHIN_MS = 1000;
/** For how long the event store counts as ailing after it has failed to answer. */
const AILING_MS = 5000;

/**
 * Records what is heard of for the first time: a call's evidence and its fact, both sent at once to streams that must
 * not exist yet. The client and the server keep the order, so the fact is never written before its evidence is. One
 * round trip, where reading first and waiting between the two makes three.
 */
export function newRecords(log: EventLog, memory: StreamMemory) {
  let ailingUntil = 0;
  /** The last position that was acknowledged to this process: what is written now stands behind it. */
  let newest: bigint | undefined;

  const append = async ({ stream, events }: Written): Promise<bigint | undefined> => {
    const result = await log.append(stream, 'no_stream', events, ANSWER_WITHIN_MS);
    if (result.outcome === 'conflict') return undefined;
    const isRepeated = newest === undefined || result.position === undefined || result.position <= newest;
    if (!isRepeated) memory.keep(stream, { revision: result.revision, ids: new Set(events.map(({ id }) => id)) });
    return isRepeated ? undefined : result.position;
  };

  return {
    /**
     * True: both are on disk. False: not tried, or whatever else it may be; the stream must then be read, for the fact
     * may be there, even without its evidence.
     */
    async record(evidence: Written, fact: Written): Promise<boolean> {
      if (newest === undefined || performance.now() < ailingUntil) return false;
      if (!fitsOneAppend(evidence.events) || !fitsOneAppend(fact.events)) return false;
      const [before, after] = await Promise.allSettled([append(evidence), append(fact)]);
      const isOnRecord = after.status === 'fulfilled' && after.value === undefined;
      for (const { reason } of [before, after].filter((result) => result.status === 'rejected')) {
        memory.forget(evidence.stream);
        memory.forget(fact.stream);
        if (reason instanceof StreamDeleted && isOnRecord) continue; // its evidence alone was deleted for good
        // Where it had not even room, three round trips instead of one would have less.
        if (!(reason instanceof EventStoreUnavailable) || reason instanceof EventStoreOverloaded) throw reason;
        ailingUntil = performance.now() + AILING_MS;
      }
      if (before.status === 'rejected' || after.status === 'rejected') return false;
      if (after.value !== undefined) newest = after.value > newest ? after.value : newest;
      return before.value !== undefined && after.value !== undefined;
    },
    /** Told of every append that was acknowledged otherwise. */
    acknowledged(position: bigint | undefined): void {
      if (position !== undefined && (newest === undefined || position > newest)) newest = position;
    },
  };
}

export type NewRecords = ReturnType<typeof newRecords>;
