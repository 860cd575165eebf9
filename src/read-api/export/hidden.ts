import { decode } from '../../events/codec.ts';
import { type EventLog, EventStoreUnavailable } from '../../events/event-log.ts';
import { parseStream, prefixOf } from '../../events/streams.ts';

/** By stream: the first revision that is left of it. */
export type Hidden = ReadonlyMap<string, bigint>;

/** What erasures have hidden while the store may still hold it: it is not exported. Throws EventStoreUnavailable. */
export async function hiddenIn(log: EventLog, signal: AbortSignal): Promise<Hidden> {
  const byErasure = new Map<string, Map<string, bigint>>();
  const lost = new AbortController();
  const until = AbortSignal.any([signal, lost.signal]);
  const onBreak = (cause: unknown) => lost.abort(cause);
  for await (const batch of log.subscribe({ prefixes: [prefixOf('erasure')], signal: until, onBreak })) {
    for (const event of batch.events) {
      const fact = decode(event);
      if (fact?.type === 'ErasureRemoved') byErasure.delete(event.stream);
      if (fact?.type !== 'ErasureProgressed') continue;
      const streams = byErasure.get(event.stream) ?? new Map<string, bigint>();
      for (const { stream, before } of fact.data.streams) streams.set(stream, BigInt(before));
      byErasure.set(event.stream, streams);
    }
    if (batch.caughtUp) break;
  }
  if (lost.signal.aborted && !signal.aborted)
    throw new EventStoreUnavailable('the event store was lost while reading', { cause: lost.signal.reason });
  const hidden = new Map<string, bigint>();
  for (const streams of byErasure.values())
    for (const [stream, before] of streams) if (before > (hidden.get(stream) ?? 0n)) hidden.set(stream, before);
  return hidden;
}

/** Whether an event is hidden. One of a stream that is not ours never is. */
export const isHidden = (hidden: Hidden, { stream, revision }: { stream: string; revision: bigint }): boolean =>
  hidden.size > 0 && parseStream(stream) !== undefined && revision < (hidden.get(stream) ?? 0n);
