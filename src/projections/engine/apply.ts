import { sql } from 'kysely';
import { decode, type Fact } from '../../events/codec.ts';
import type { Recorded } from '../../events/recorded.ts';
import { type Database, inTransaction } from './connection.ts';
import { BrokenFact, isFactsFault, reasonOf } from './faults.ts';
import { foldBatch, hotStates } from './fold-batch.ts';
import type { Gathered } from './gather.ts';
import { type Generation, tableNames } from './generations.ts';
import { type Newly, type ParkedStream, type ParkedStreams, park, queue } from './parked.ts';
import { advanceCheckpoint, type Late, type Projection } from './projection.ts';
import type { TableName, Tx } from './table.ts';

/** What is to become of the events of a batch. */
type Sorted = {
  /** In the order of the log. */
  readonly facts: readonly Fact[];
  /** By stream: facts of a known type that cannot be read. */
  readonly unreadable: ReadonlyMap<string, BrokenFact>;
  /** Events of streams that are parked. */
  readonly queued: readonly Recorded[];
  /** Events of a type that this version does not know. */
  readonly passedOver: number;
};

/** Reads events, those of parked streams apart. What stands behind an unreadable fact in its stream is not read. */
export function sort(events: readonly Recorded[], parked: ParkedStreams): Sorted {
  const facts: Fact[] = [];
  const queued: Recorded[] = [];
  const unreadable = new Map<string, BrokenFact>();
  let passedOver = 0;
  for (const event of events) {
    if (parked.size > 0 && parked.has(event.stream)) {
      queued.push(event);
      continue;
    }
    if (unreadable.size > 0 && unreadable.has(event.stream)) continue;
    try {
      const fact = decode(event);
      if (fact) facts.push(fact);
      else passedOver += 1;
    } catch (error) {
      unreadable.set(event.stream, new BrokenFact(event, error));
    }
  }
  return { facts, unreadable, queued, passedOver };
}

/**
 * Folds what can be folded, and answers the first fact of each stream that cannot. Halves the batch until what breaks
 * stands alone: the pieces follow each other in the order of the log, so that the rows are those of a log that was cut
 * into smaller batches and has not got the rest of these streams.
 */
export async function foldAround(
  trx: Tx,
  projection: Projection,
  table: TableName,
  facts: readonly Fact[],
  late?: Late,
): Promise<ReadonlyMap<string, BrokenFact>> {
  const broken = new Map<string, BrokenFact>();
  const pieces = [facts];
  for (let piece = pieces.pop(); piece; piece = pieces.pop()) {
    const whole = broken.size > 0 ? piece.filter(({ stream }) => !broken.has(stream)) : piece;
    if (whole.length === 0) continue;
    const error = await breaks(trx, () => foldBatch(trx, projection, table, whole, { late }));
    if (error === undefined) continue;
    if (whole.length > 1) {
      const half = Math.ceil(whole.length / 2);
      pieces.push(whole.slice(half), whole.slice(0, half));
      continue;
    }
    broken.set(whole[0]!.stream, new BrokenFact(whole[0]!, error.thrown));
  }
  return broken;
}

/** What facts make it throw; then nothing of it is left. Anything else ends the transaction. */
async function breaks(trx: Tx, work: () => Promise<unknown>): Promise<{ readonly thrown: unknown } | undefined> {
  await sql`savepoint piece`.execute(trx);
  let error: { readonly thrown: unknown } | undefined;
  try {
    await work();
  } catch (thrown) {
    if (!isFactsFault(thrown)) throw thrown;
    error = { thrown };
    await sql`rollback to savepoint piece`.execute(trx);
  }
  await sql`release savepoint piece`.execute(trx);
  return error;
}

/** The first broken fact of each stream, whether it cannot be read or not be folded, and what stands behind it. */
export function firstBroken(
  events: readonly Recorded[],
  ...found: readonly ReadonlyMap<string, BrokenFact>[]
): Newly[] {
  const firsts = new Map<string, BrokenFact>();
  for (const [stream, broken] of found.flatMap((some) => [...some])) {
    const known = firsts.get(stream);
    if (!known || broken.fact.position < known.fact.position) firsts.set(stream, broken);
  }
  const behind = countByStream(
    events.filter((event) => event.position > (firsts.get(event.stream)?.fact.position ?? event.position)),
  );
  return [...firsts.values()]
    .sort((a, b) => (a.fact.position < b.fact.position ? -1 : 1))
    .map((broken) => ({ broken, waiting: behind.get(broken.fact.stream) ?? 0 }));
}

function countByStream(events: readonly Recorded[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { stream } of events) counts.set(stream, (counts.get(stream) ?? 0) + 1);
  return counts;
}

type ReadBatch = {
  readonly facts: readonly Fact[];
  /** Of the last event read, which may have been none of ours. */
  readonly position: bigint;
  readonly caughtUp: boolean;
  /** About how many characters are in the facts. */
  readonly weight: number;
};

/** Read model and checkpoint move together or not at all, and this is the one place (C4). */
export async function applyBatch(
  db: Database,
  projection: Projection,
  generation: Generation,
  base: bigint | undefined,
  { facts, position, caughtUp, weight }: ReadBatch,
  hot = hotStates(),
): Promise<'applied' | 'superseded'> {
  const written = await inTransaction(db, async (trx) => {
    if (!(await advanceCheckpoint(trx, generation, base, position, caughtUp))) return undefined;
    return facts.length > 0 ? foldBatch(trx, projection, tableNames(generation), facts, { hot }) : new Map();
  });
  if (!written) return 'superseded';
  hot.keep(written, weight);
  return 'applied';
}

export type Taken = {
  readonly applied: number;
  readonly passedOver: number;
  /** Events of streams that are parked, those that have just become so included. */
  readonly setAside: number;
  readonly newlyParked: readonly (ParkedStream & Newly)[];
  /** Why the batch broke although none of its facts does by itself; without content. */
  readonly brokeAsAWhole?: string;
};

/**
 * Applies events as they were read, and moves the checkpoint, in one transaction. A fact that breaks parks its stream
 * and everything else moves on, in a generation that is being built as in the live one.
 */
export async function applyEvents(
  db: Database,
  projection: Projection,
  generation: Generation,
  { events, caughtUp, weight }: Gathered,
  parked: ParkedStreams,
  hot = hotStates(),
): Promise<Taken | 'superseded'> {
  const sorted = sort(events, parked);
  const { facts, unreadable, queued, passedOver } = sorted;
  const { position } = events.at(-1)!;
  let broke: string | undefined;
  if (unreadable.size === 0 && queued.length === 0) {
    try {
      const batch = { facts, position, caughtUp, weight };
      const outcome = await applyBatch(db, projection, generation, generation.checkpoint, batch, hot);
      return outcome === 'applied' ? { applied: facts.length, passedOver, setAside: 0, newlyParked: [] } : outcome;
    } catch (error) {
      if (!isFactsFault(error)) throw error;
      broke = reasonOf(error);
    }
  }
  hot.forget(); // what is written below is not kept
  return inTransaction(db, async (trx) => {
    if (!(await advanceCheckpoint(trx, generation, generation.checkpoint, position, caughtUp))) return 'superseded';
    const taken = await applyAround(trx, projection, generation, events, sorted);
    return broke !== undefined && taken.newlyParked.length === 0 ? { ...taken, brokeAsAWhole: broke } : taken;
  });
}

/** Folds what can be folded, and parks the streams of what cannot. The checkpoint is for the caller to move. */
export async function applyAround(
  trx: Tx,
  projection: Projection,
  generation: Generation,
  events: readonly Recorded[],
  { facts, unreadable, queued, passedOver }: Sorted,
): Promise<Taken> {
  const unfoldable = await foldAround(trx, projection, tableNames(generation), facts);
  const broken = firstBroken(events, unreadable, unfoldable);
  const streams = await park(trx, generation, broken);
  await queue(trx, generation, countByStream(queued));
  const setAside = broken.reduce((sum, { waiting }) => sum + 1 + waiting, queued.length);
  const newlyParked = streams.map((stream, i) => ({ ...stream, ...broken[i]! }));
  return { applied: events.length - passedOver - setAside, passedOver, setAside, newlyParked };
}
