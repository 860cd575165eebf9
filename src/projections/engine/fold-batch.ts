import type { Fact } from '../../events/codec.ts';
import { type PendingText, withPersonal } from '../../events/personal-text.ts';
import type { Change, FoldedBatch, Late, Projection } from './projection.ts';
import { selectBy, type Table, type TableName, type Tx, write } from './table.ts';

/** What the runtime keeps of a stream. */
export type Kept = { readonly state: unknown; readonly pending: PendingText };

/** Characters in the facts of the batches, about; a batch by itself has at most 16 million (gather.ts). */
const WEIGHT = 8_000_000;

/**
 * The states of the streams that the last batches have written, as they are committed: the next fact of a call mostly
 * comes soon, and its state need not be read and parsed again. Only for whoever alone writes a generation; when something
 * else may have written it (a batch around a broken fact, a redrive), all of it is forgotten.
 */
export function hotStates() {
  const kept = new Map<string, Kept & { readonly batch: number }>();
  /** The oldest first. */
  let batches: { readonly batch: number; readonly weight: number }[] = [];
  let last = 0;
  let total = 0;
  return {
    get: (stream: string): Kept | undefined => kept.get(stream),
    /** `weight`: of the batch's facts. The oldest batches make room. */
    keep(written: ReadonlyMap<string, Kept>, weight: number): void {
      const batch = ++last;
      batches.push({ batch, weight });
      total += weight;
      for (const [stream, { state, pending }] of written) {
        kept.delete(stream); // to stand behind those of the batches before
        kept.set(stream, { state, pending, batch });
      }
      while (total > WEIGHT) {
        const oldest = batches.shift()!;
        total -= oldest.weight;
        for (const [stream, one] of kept) {
          if (one.batch > oldest.batch) break;
          kept.delete(stream);
        }
      }
    },
    forget(): void {
      kept.clear();
      batches = [];
      total = 0;
    },
  };
}

export type HotStates = ReturnType<typeof hotStates>;

/** Where the runtime keeps the state of each stream, as JSON that nobody queries. */
export const streamStates: Table = {
  name: 'streams',
  columns: { stream: 'text', state: 'json', pending: 'json' },
  key: ['stream'],
};

type StreamRow = { stream: string; state: unknown; pending: PendingText | null };

/**
 * Folds a batch into the streams' states and has the projection write what follows. Answers what is kept of the batch's
 * streams once this is committed.
 */
export async function foldBatch(
  trx: Tx,
  projection: Projection,
  table: TableName,
  facts: readonly Fact[],
  { hot, late }: { readonly hot?: HotStates; readonly late?: Late | undefined } = {},
): Promise<ReadonlyMap<string, Kept>> {
  if (!projection.reduce) {
    await projection.save(trx, table, { facts, states: [], late, changed: new Map(), statesOf: async () => new Map() });
    return new Map();
  }
  const older = streamsWithAPast(facts);
  const before = await load(trx, table, older, hot);
  const { kept, whole, states: after } = foldFacts(projection.reduce, before, facts);
  const changed = new Map<string, Change<unknown>>();
  for (const stream of new Set(whole.map((fact) => fact.stream)))
    changed.set(stream, { before: before.get(stream)?.state, after: kept.get(stream)!.state });

  const states = new Map([...changed].map(([stream, { after }]) => [stream, after]));
  const looked = new Set(states.keys());
  const batch: FoldedBatch<unknown> = {
    facts: whole,
    states: after,
    late,
    changed,
    async statesOf(streams) {
      const unread = streams.filter((stream) => !looked.has(stream));
      for (const [stream, { state }] of await load(trx, table, unread, hot)) states.set(stream, state);
      for (const stream of unread) looked.add(stream);
      return states;
    },
  };
  await projection.save(trx, table, batch);
  const rowOf = (stream: string) => {
    const { state = null, pending } = kept.get(stream)!;
    return { stream, state, pending: Object.keys(pending).length > 0 ? pending : null };
  };
  const begun = [...new Set(facts.map((fact) => fact.stream))].filter((stream) => !older.has(stream));
  await write(trx, table(streamStates), streamStates, { added: begun.map(rowOf), changed: [...older].map(rowOf) });
  return kept;
}

/** Folds facts in the order of the log: those that are whole, the state of its stream after each, and what is then kept. */
export function foldFacts<State>(
  reduce: (state: State | undefined, fact: Fact) => State,
  before: ReadonlyMap<string, Kept>,
  facts: readonly Fact[],
): { readonly kept: ReadonlyMap<string, Kept>; readonly whole: readonly Fact[]; readonly states: readonly State[] } {
  const kept = new Map(before);
  const [whole, states]: [Fact[], State[]] = [[], []];
  for (const recorded of facts) {
    const { state, pending: texts } = kept.get(recorded.stream) ?? { state: undefined, pending: {} };
    const [pending, fact] = withPersonal(texts, recorded);
    if (!fact) {
      kept.set(recorded.stream, { state, pending });
      continue;
    }
    const next = reduce(state as State | undefined, fact);
    kept.set(recorded.stream, { state: next, pending });
    whole.push(fact);
    states.push(next);
  }
  return { kept, whole, states };
}

/** A stream whose first event is in the batch has no state yet: most have none while catching up. */
function streamsWithAPast(facts: readonly Fact[]): ReadonlySet<string> {
  const firsts = new Map<string, Fact>();
  for (const fact of facts) if (!firsts.has(fact.stream)) firsts.set(fact.stream, fact);
  return new Set([...firsts.values()].filter((fact) => fact.revision > 0n).map((fact) => fact.stream));
}

async function load(
  trx: Tx,
  table: TableName,
  streams: Iterable<string>,
  hot: HotStates | undefined,
): Promise<Map<string, Kept>> {
  const found = new Map<string, Kept>();
  const keys: { stream: string }[] = [];
  for (const stream of streams) {
    const kept = hot?.get(stream);
    if (kept) found.set(stream, kept);
    else keys.push({ stream });
  }
  const rows = await selectBy<StreamRow>(trx, table(streamStates), streamStates, ['stream'], keys);
  for (const { stream, state, pending } of rows)
    found.set(stream, { state: state ?? undefined, pending: pending ?? {} });
  return found;
}
