import type { Fact } from '../../events/codec.ts';
import { beginsErasure, keptFacts } from '../../events/erased.ts';
import { type PendingText, withPersonal } from '../../events/personal-text.ts';
import type { Change, Course, FoldedBatch, Late, Projection } from './projection.ts';
import type { Table, Tables } from './table.ts';

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

/** Reads facts of the log that a generation has applied, up to a position; see `Late`. */
export type ReadApplied = (streams: readonly string[], upTo: bigint) => Promise<readonly Fact[]>;

type FoldOptions = {
  readonly cache?: StateCache | undefined;
  readonly readApplied?: ReadApplied | undefined;
  /** Later facts of the log have been applied already. */
  readonly isLate?: boolean;
};

/**
 * Folds a batch into the streams' states and has the projection write its rows; returns the new states. Erased streams
 * come last: what is left of their facts belongs before what the batch has of others.
 */
export async function foldBatch(
  tables: Tables,
  projection: Projection,
  facts: readonly Fact[],
  options: FoldOptions = {},
): Promise<ReadonlyMap<string, FoldedStream>> {
  const erased = new Set(facts.filter(beginsErasure).map(({ stream }) => stream));
  const fold = (some: readonly Fact[], more: Partial<Folding> = {}) =>
    foldOnce(tables, projection, some, { ...options, erased, upTo: facts.at(-1)!.position, ...more });
  if (erased.size === 0 || options.isLate) return fold(facts);
  const others = facts.filter(({ stream }) => !erased.has(stream));
  const before = others.length > 0 ? await fold(others) : new Map<string, FoldedStream>();
  const left = facts.filter(({ stream }) => erased.has(stream));
  return new Map([...before, ...(await fold(left, { before, isLate: true }))]);
}

type Folding = FoldOptions & {
  /** Streams that the batch erases. */
  readonly erased: ReadonlySet<string>;
  readonly upTo: bigint;
  /** States that the batch has written already. */
  readonly before?: ReadonlyMap<string, FoldedStream>;
};

async function foldOnce(
  tables: Tables,
  projection: Projection,
  facts: readonly Fact[],
  folding: Folding,
): Promise<ReadonlyMap<string, FoldedStream>> {
  const { cache, isLate, before: written } = folding;
  const known = { get: (stream: string) => written?.get(stream) ?? cache?.get(stream) };
  const before = await load(tables, existingStreams(facts), known);
  const existing = new Set(before.keys());
  const { folded, ...course } = foldFacts(projection.reduce, before, facts);
  const changed = new Map<string, Change<unknown>>();
  for (const stream of new Set(course.facts.map((fact) => fact.stream)))
    changed.set(stream, { before: before.get(stream)?.state, after: folded.get(stream)!.state });

  const states = new Map([...changed].map(([stream, { after }]) => [stream, after]));
  const read = new Set(states.keys());
  const statesOf = async (streams: readonly string[]) => {
    const unread = streams.filter((stream) => !read.has(stream));
    for (const [stream, { state }] of await load(tables, unread, known)) states.set(stream, state);
    for (const stream of unread) read.add(stream);
    return states;
  };
  const late = isLate ? lateBy(projection, course.facts, folding, statesOf) : undefined;
  await projection.save(tables, { ...course, late, changed, statesOf });
  const rowOf = (stream: string) => {
    const { state = null, pending } = folded.get(stream)!;
    return { stream, state, pending: Object.keys(pending).length > 0 ? pending : null };
  };
  const fresh = [...new Set(facts.map((fact) => fact.stream))].filter((stream) => !existing.has(stream));
  await tables.write(streamStates, { added: fresh.map(rowOf), changed: [...existing].map(rowOf) });
  return folded;
}

/** What is left of an erased stream comes with its erasure; other streams are read, as far as anything is known of them. */
const lateBy = (
  { reduce }: Projection,
  facts: readonly Fact[],
  { erased, upTo, readApplied }: Folding,
  statesOf: FoldedBatch<unknown>['statesOf'],
): Late<unknown> => ({
  async courseOf(streams) {
    const wanted = new Set(streams);
    const here = facts.filter(({ stream }) => erased.has(stream) && wanted.has(stream));
    const others = [...wanted].filter((stream) => !erased.has(stream));
    const known = await statesOf(others);
    const unread = others.filter((stream) => known.has(stream));
    if (unread.length > 0 && !readApplied) throw new Error('facts that come late need the log');
    const read = unread.length > 0 ? await readApplied!(unread, upTo) : [];
    // What comes behind in a stream of these facts is not folded yet.
    const last = new Map(facts.map(({ stream, position }) => [stream, position]));
    const all = [...here.flatMap((fact) => [...keptFacts(fact), fact]), ...read]
      .filter(({ stream, position }) => position <= (last.get(stream) ?? position))
      .sort((a, b) => (a.position < b.position ? -1 : 1));
    return foldFacts(reduce, new Map(), all);
  },
});

/** Folds facts in the order of the log; the course has only those with all of their text. */
export function foldFacts<State>(
  reduce: (state: State | undefined, fact: Fact) => State,
  before: ReadonlyMap<string, FoldedStream>,
  some: readonly Fact[],
): Course<State> & { readonly folded: ReadonlyMap<string, FoldedStream> } {
  const folded = new Map(before);
  const [facts, states]: [Fact[], State[]] = [[], []];
  for (const recorded of some) {
    const { state, pending: texts } = folded.get(recorded.stream) ?? { state: undefined, pending: {} };
    const [pending, fact] = withPersonal(beginsErasure(recorded) ? {} : texts, recorded);
    if (!fact) {
      folded.set(recorded.stream, { state, pending });
      continue;
    }
    const next = reduce(state as State | undefined, fact);
    folded.set(recorded.stream, { state: next, pending });
    facts.push(fact);
    states.push(next);
  }
  return { facts, states, folded };
}

/** Streams that may have a state already: not those whose first event is in the batch, as most are while catching up. */
function existingStreams(facts: readonly Fact[]): ReadonlySet<string> {
  const firsts = new Map<string, Fact>();
  for (const fact of facts) if (!firsts.has(fact.stream)) firsts.set(fact.stream, fact);
  return new Set([...firsts.values()].filter((fact) => fact.revision > 0n).map((fact) => fact.stream));
}

async function load(
  tables: Tables,
  streams: Iterable<string>,
  known: Pick<StateCache, 'get'>,
): Promise<Map<string, FoldedStream>> {
  const found = new Map<string, FoldedStream>();
  const keys: { stream: string }[] = [];
  for (const stream of streams) {
    const cached = known.get(stream);
    if (cached) found.set(stream, cached);
    else keys.push({ stream });
  }
  const rows = await tables.select<StreamRow>(streamStates, ['stream'], keys);
  for (const { stream, state, pending } of rows)
    found.set(stream, { state: state ?? undefined, pending: pending ?? {} });
  return found;
}
