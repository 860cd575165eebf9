import type { Kysely } from 'kysely';
import type { Fact } from '../events/codec.ts';
import { type EventLog, EventStoreUnavailable } from '../events/event-log.ts';
import type { Recorded } from '../events/recorded.ts';
import { waitUntil } from '../events/waiting.ts';
import { prefixes, reduceStream, type StreamState } from '../model/stream-state.ts';
import { liveGeneration } from '../projections/engine/generations.ts';
import type { Projection } from '../projections/engine/projection.ts';
import { factsUntil, foldStream, isWithin, type Until } from '../projections/fold-stream.ts';
import type { ReadModel } from '../projections/tables.ts';
import { type Moment, ReadModelBehind } from '../read-api/as-of.ts';
import { readsOf, type TenantReads } from '../read-api/tenant-reads.ts';

/** The log at a moment, for one tenant. */
export type Past = {
  readonly tenantId: string;
  /** The current read model, which includes all that was known then. */
  readonly reads: TenantReads;
  /**
   * The states of these streams, without those that had no fact yet; each is read once. Throws `UnreadableFact` rather
   * than answer with less.
   */
  fold(streams: readonly string[]): Promise<ReadonlyMap<string, StreamState>>;
};

type Stores = { readonly log: EventLog; readonly db: Kysely<ReadModel> };

const CONCURRENT_READS = 32;

/**
 * Undefined for an empty log; a moment in the future means now. Throws `EventStoreUnavailable`, or `ReadModelBehind`
 * after two seconds.
 */
export async function pastAt(stores: Stores, tenantId: string, moment: Moment): Promise<Past | undefined> {
  const { log, db } = stores;
  const head = await log.head();
  if (head === undefined) return undefined;
  const until: Until =
    'time' in moment
      ? { position: head, time: moment.time }
      : { position: moment.position < head ? moment.position : head };
  await readModelReaches(stores, until);

  const facts = new Map<string, readonly Fact[]>();
  return {
    tenantId,
    reads: readsOf(db, tenantId),
    async fold(streams) {
      const unread = streams.filter((stream) => !facts.has(stream));
      for (let i = 0; i < unread.length; i += CONCURRENT_READS) {
        const some = unread.slice(i, i + CONCURRENT_READS);
        await Promise.all(some.map(async (stream) => facts.set(stream, factsUntil(await log.read(stream), until))));
      }
      const states = new Map<string, StreamState>();
      for (const stream of streams) {
        const state = foldStream(reduceStream, facts.get(stream)!);
        if (state !== undefined) states.set(stream, state);
      }
      return states;
    },
  };
}

/** The projection that knows the relations, and the streams it reads. */
const RELATIONS = { name: 'calls', prefixes };
const WAIT_MS = 2000;

/**
 * Waits until the read model covers the moment, so that an answer never changes. Asks the log only when the checkpoint
 * moves, not forty times a second.
 */
export async function readModelReaches(
  { log, db }: Stores,
  until: Until,
  { name, prefixes }: Pick<Projection, 'name' | 'prefixes'> = RELATIONS,
): Promise<void> {
  let awaited = -1n;
  const isReached = async () => {
    const live = await liveGeneration(db, name);
    const checkpoint = live?.checkpoint;
    if (checkpoint !== undefined && checkpoint >= until.position) return true;
    if (awaited < 0n || (checkpoint !== undefined && checkpoint >= awaited)) {
      const next = await firstAfter(log, checkpoint, prefixes);
      if (!next || !isWithin(next, until)) return true;
      awaited = next.position;
    }
    return false;
  };
  if (!(await waitUntil(isReached, { timeoutMs: WAIT_MS, everyMs: 25 })))
    throw new ReadModelBehind('The read model does not reach up to that moment yet.');
}

/** The first event after a position that the relations depend on; undefined if there is none yet. */
async function firstAfter(
  log: EventLog,
  position: bigint | undefined,
  prefixes: readonly string[],
): Promise<Recorded | undefined> {
  const stopped = new AbortController();
  const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(WAIT_MS)]);
  const broken = (error: unknown) => stopped.abort(error);
  for await (const { events, caughtUp } of log.subscribe({
    prefixes,
    after: position,
    maxBatch: 1,
    signal,
    onBreak: broken,
  })) {
    if (events[0] || caughtUp) return events[0];
  }
  throw new EventStoreUnavailable('read on from the checkpoint', { cause: signal.reason });
}
