import type { Fact } from '../../events/codec.ts';
import { type PendingText, withPersonal } from '../../events/personal-text.ts';
import type { Change, FoldedBatch, Late, Projection } from './projection.ts';
import { selectBy, type Table, type TableName, type Tx, write } from './table.ts';

/** What the engine keeps of a stream. */
export type FoldedStream = { readonly state: unknown; readonly pending: PendingText };

/** About how many characters the cached batches have in their facts; one batch may have up to 16 million (batches.ts). */
const MAX_WEIGHT = 8_000_000;

/** Committed states of the last batches' streams, since the next fact of a call mostly comes soon; for a sole writer. */
export function stateCache() {
  const cached = new Map<string, FoldedStream & { readonly batch: number }>();
  /** The oldest first. */
  let batches: { readonly batch: number; readonly weight: number }[] = [];
  let last = 0;
  let total = 0;
  return {
    get: (stream: string): FoldedStream | undefined => cached.get(stream),
    /** Adds the states of a batch whose facts have this weight, and evicts the oldest batches. */
    put(written: ReadonlyMap<string, FoldedStream>, weight: number): void {
      const batch = ++last;
      batches.push({ batch, weight });
      total += weight;
      for (const [stream, { state, pending }] of written) {
        cached.delete(stream); // so that it moves behind those of older batches
        cached.set(stream, { state, pending, batch });
      }
      while (total > MAX_WEIGHT) {
        const oldest = batches.shift()!;
        total -= oldest.weight;
        for (const [stream, one] of cached) {
          if (one.batch > oldest.batch) break;
          cached.delete(stream);
        }
      }
    },
    clear(): void {
      cached.clear();
      batches = [];
      total = 0;
    },
  };
}

export type StateCache = ReturnType<typeof stateCache>;

/** The state of each stream, as JSON that only the engine reads. */
export const streamStates: Table = {
  name: 'streams',
  columns: { stream: 'text', state: 'json', pending: 'json' },
  key: ['stream'],
};

type StreamRow = { stream: string; state: unknown; pending: PendingText | null };

/** Folds a batch into the streams' states and has the projection write its rows; returns the new states. */
export async function foldBatch(
  trx: Tx,
  projection: Projection,
  table: TableName,
  facts: readonly Fact[],
  { cache, late }: { readonly cache?: StateCache; readonly late?: Late | undefined } = {},
): Promise<ReadonlyMap<string, FoldedStream>> {
  if (!projection.reduce) {
    await projection.save(trx, table, { facts, states: [], late, changed: new Map(), statesOf: async () => new Map() });
    return new Map();
  }
  const existing = existingStreams(facts);
  const before = await load(trx, table, existing, cache);
  const { folded, whole, states: after } = foldFacts(projection.reduce, before, facts);
  const changed = new Map<string, Change<unknown>>();
  for (const stream of new Set(whole.map((fact) => fact.stream)))
    changed.set(stream, { before: before.get(stream)?.state, after: folded.get(stream)!.state });

  const states = new Map([...changed].map(([stream, { after }]) => [stream, after]));
  const read = new Set(states.keys());
  const batch: FoldedBatch<unknown> = {
    facts: whole,
    states: after,
    late,
    changed,
    async statesOf(streams) {
      const unread = streams.filter((stream) => !read.has(stream));
      for (const [stream, { state }] of await load(trx, table, unread, cache)) states.set(stream, state);
      for (const stream of unread) read.add(stream);
      return states;
    },
  };
  await projection.save(trx, table, batch);
  const rowOf = (stream: string) => {
    const { state = null, pending } = folded.get(stream)!;
    return { stream, state, pending: Object.keys(pending).length > 0 ? pending : null };
  };
  const fresh = [...new Set(facts.map((fact) => fact.stream))].filter((stream) => !existing.has(stream));
  await write(trx, table(streamStates), streamStates, { added: fresh.map(rowOf), changed: [...existing].map(rowOf) });
  return folded;
}

/** Folds facts in the order of the log. `whole`: those with all of their text; `states`: of its stream after each of them. */
export function foldFacts<State>(
  reduce: (state: State | undefined, fact: Fact) => State,
  before: ReadonlyMap<string, FoldedStream>,
  facts: readonly Fact[],
): {
  readonly folded: ReadonlyMap<string, FoldedStream>;
  readonly whole: readonly Fact[];
  readonly states: readonly State[];
} {
  const folded = new Map(before);
  const [whole, states]: [Fact[], State[]] = [[], []];
  for (const recorded of facts) {
    const { state, pending: texts } = folded.get(recorded.stream) ?? { state: undefined, pending: {} };
    const [pending, fact] = withPersonal(texts, recorded);
    if (!fact) {
      folded.set(recorded.stream, { state, pending });
      continue;
    }
    const next = reduce(state as State | undefined, fact);
    folded.set(recorded.stream, { state: next, pending });
    whole.push(fact);
    states.push(next);
  }
  return { folded, whole, states };
}

/** Streams that have a state already: not those whose first event is in the batch, as most are while catching up. */
function existingStreams(facts: readonly Fact[]): ReadonlySet<string> {
  const firsts = new Map<string, Fact>();
  for (const fact of facts) if (!firsts.has(fact.stream)) firsts.set(fact.stream, fact);
  return new Set([...firsts.values()].filter((fact) => fact.revision > 0n).map((fact) => fact.stream));
}

async function load(
  trx: Tx,
  table: TableName,
  streams: Iterable<string>,
  cache: StateCache | undefined,
): Promise<Map<string, FoldedStream>> {
  const found = new Map<string, FoldedStream>();
  const keys: { stream: string }[] = [];
  for (const stream of streams) {
    const cached = cache?.get(stream);
    if (cached) found.set(stream, cached);
    else keys.push({ stream });
  }
  const rows = await selectBy<StreamRow>(trx, table(streamStates), streamStates, ['stream'], keys);
  for (const { stream, state, pending } of rows)
    found.set(stream, { state: state ?? undefined, pending: pending ?? {} });
  return found;
}
