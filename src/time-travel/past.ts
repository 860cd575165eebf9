import type { Kysely } from 'kysely';
import type { Fact } from '../events/codec.ts';
import type { EventLog } from '../events/event-log.ts';
import { reduceStream, type StreamState } from '../model/stream-state.ts';
import { factsUntil, foldStream, type Until } from '../projections/fold-stream.ts';
import type { ReadModel } from '../projections/tables.ts';
import type { Moment } from '../read-api/as-of.ts';
import { readsOf, type TenantReads } from '../read-api/tenant-reads.ts';
import { readModelReaches } from './reached.ts';

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
