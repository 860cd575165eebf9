import { sql } from 'kysely';
import { decode, type Fact } from '../../events/codec.ts';
import { beginsErasure } from '../../events/erased.ts';
import type { Place, Recorded } from '../../events/recorded.ts';
import { type Database, inTransaction } from '../../postgres/connection.ts';
import type { WeighedBatch } from './batches.ts';
import { BrokenFact, isFactsFault, reasonOf } from './faults.ts';
import { foldBatch, type ReadApplied, stateCache } from './fold-batch.ts';
import { type Generation, tableNames } from './generations.ts';
import { type BrokenStream, countWaiting, type ParkedStream, type ParkedStreams, park, unpark } from './parked.ts';
import { advanceCheckpoint, type Projection } from './projection.ts';
import type { TableName, Tx } from './table.ts';

type DecodedBatch = {
  /** In the order of the log. */
  readonly facts: readonly Fact[];
  /** By stream: its first fact of a known type that cannot be decoded. */
  readonly unreadable: ReadonlyMap<string, BrokenFact>;
  /** Events of streams that are parked. */
  readonly queued: readonly Recorded[];
  /** Events of a type that this version does not know. */
  readonly unknown: number;
  /** Streams that were parked, and are erased here: what broke is gone. */
  readonly freed: readonly ParkedStream[];
};

/** By stream: the last event that erases what is before it. */
function erasuresIn(events: readonly Recorded[]): ReadonlyMap<string, bigint> {
  const found = new Map<string, bigint>();
  for (const event of events) if (beginsErasure(event)) found.set(event.stream, event.position);
  return found;
}

/** Decodes events and sets those of parked streams apart; later events of a stream with an unreadable one are skipped. */
export function decodeBatch(events: readonly Recorded[], parked: ParkedStreams): DecodedBatch {
  const facts: Fact[] = [];
  const queued: Recorded[] = [];
  const unreadable = new Map<string, BrokenFact>();
  let unknown = 0;
  const erasures = erasuresIn(events);
  const freed = [...erasures.keys()].map((stream) => parked.get(stream)).filter((one) => one !== undefined);
  for (const event of events) {
    const erased = erasures.get(event.stream);
    if (erased !== undefined && event.position < erased) continue; // it begins anew there
    if (erased === undefined && parked.size > 0 && parked.has(event.stream)) {
      queued.push(event);
      continue;
    }
    if (unreadable.size > 0 && unreadable.has(event.stream)) continue;
    try {
      const fact = decode(event);
      if (fact) facts.push(fact);
      else unknown += 1;
    } catch (error) {
      unreadable.set(event.stream, new BrokenFact(event, error));
    }
  }
  return { facts, unreadable, queued, unknown, freed };
}

/**
 * Folds all but the streams that break, and returns the first broken fact of each. Halves the batch until a fact breaks
 * alone; the pieces keep the order of the log.
 */
export async function foldIsolatingFailures(
  trx: Tx,
  projection: Projection,
  table: TableName,
  facts: readonly Fact[],
  options: { readonly readApplied?: ReadApplied | undefined; readonly isLate?: boolean } = {},
): Promise<ReadonlyMap<string, BrokenFact>> {
  const broken = new Map<string, BrokenFact>();
  const pieces = [facts];
  for (let piece = pieces.pop(); piece; piece = pieces.pop()) {
    const whole = broken.size > 0 ? piece.filter(({ stream }) => !broken.has(stream)) : piece;
    if (whole.length === 0) continue;
    const failure = await failureOf(trx, () => foldBatch(trx, projection, table, whole, options));
    if (failure === undefined) continue;
    if (whole.length > 1) {
      const half = Math.ceil(whole.length / 2);
      pieces.push(whole.slice(half), whole.slice(0, half));
      continue;
    }
    broken.set(whole[0]!.stream, new BrokenFact(whole[0]!, failure.error));
  }
  return broken;
}

/** Runs work in a savepoint; when a fact makes it fail, rolls back to there and returns the error. */
async function failureOf(trx: Tx, work: () => Promise<unknown>): Promise<{ readonly error: unknown } | undefined> {
  await sql`savepoint piece`.execute(trx);
  let failure: { readonly error: unknown } | undefined;
  try {
    await work();
  } catch (error) {
    if (!isFactsFault(error)) throw error;
    failure = { error };
    await sql`rollback to savepoint piece`.execute(trx);
  }
  await sql`release savepoint piece`.execute(trx);
  return failure;
}

/** The first broken fact of each stream, unreadable or not foldable, and how many events wait behind it. */
export function firstBroken(
  events: readonly Recorded[],
  ...found: readonly ReadonlyMap<string, BrokenFact>[]
): BrokenStream[] {
  const firsts = new Map<string, BrokenFact>();
  for (const [stream, broken] of found.flatMap((some) => [...some])) {
    const first = firsts.get(stream);
    if (!first || broken.fact.position < first.fact.position) firsts.set(stream, broken);
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

type FactBatch = {
  readonly facts: readonly Fact[];
  /** Of the last event read, whether or not it is a fact. */
  readonly position: bigint;
  readonly place?: Place;
  readonly caughtUp: boolean;
  /** About how many characters are in the facts. */
  readonly weight: number;
};

/** Writes rows and checkpoint in one transaction (C4). */
export async function applyBatch(
  db: Database,
  projection: Projection,
  generation: Generation,
  base: bigint | undefined,
  { facts, position, place, caughtUp, weight }: FactBatch,
  cache = stateCache(),
  readApplied?: ReadApplied,
): Promise<'applied' | 'superseded'> {
  const written = await inTransaction(db, async (trx) => {
    if (!(await advanceCheckpoint(trx, generation, base, position, caughtUp, place))) return undefined;
    return facts.length > 0
      ? foldBatch(trx, projection, tableNames(generation), facts, { cache, readApplied })
      : new Map();
  });
  if (!written) return 'superseded';
  cache.put(written, weight);
  return 'applied';
}

/** What became of the events of a batch. */
export type BatchResult = {
  readonly applied: number;
  readonly unknown: number;
  /** Events of parked streams, those parked by this batch included. */
  readonly parked: number;
  readonly newlyParked: readonly (ParkedStream & BrokenStream)[];
  /** No longer parked, since they were erased. */
  readonly freed: readonly ParkedStream[];
  /** Why the batch failed although none of its facts does alone; without content. */
  readonly failedAsAWhole?: string;
};

/** Applies events and moves the checkpoint in one transaction; a fact that breaks parks its stream. */
export async function applyEvents(
  db: Database,
  projection: Projection,
  generation: Generation,
  { events, caughtUp, weight }: WeighedBatch,
  parked: ParkedStreams,
  cache = stateCache(),
  readApplied?: ReadApplied,
): Promise<BatchResult | 'superseded'> {
  const decoded = decodeBatch(events, parked);
  const { facts, unreadable, queued, unknown, freed } = decoded;
  const place = events.at(-1)!;
  const { position } = place;
  let failure: string | undefined;
  if (unreadable.size === 0 && queued.length === 0 && freed.length === 0) {
    try {
      const batch = { facts, position, place, caughtUp, weight };
      const outcome = await applyBatch(db, projection, generation, generation.checkpoint, batch, cache, readApplied);
      if (outcome === 'superseded') return outcome;
      return { applied: facts.length, unknown, parked: 0, newlyParked: [], freed };
    } catch (error) {
      if (!isFactsFault(error)) throw error;
      failure = reasonOf(error);
    }
  }
  cache.clear(); // what is written below is not put into it
  return inTransaction(db, async (trx) => {
    if (!(await advanceCheckpoint(trx, generation, generation.checkpoint, position, caughtUp, place)))
      return 'superseded';
    const result = await applyIsolatingFailures(trx, projection, generation, events, decoded, readApplied);
    return failure !== undefined && result.newlyParked.length === 0 ? { ...result, failedAsAWhole: failure } : result;
  });
}

/** Folds what can be folded and parks the other streams. The caller moves the checkpoint. */
export async function applyIsolatingFailures(
  trx: Tx,
  projection: Projection,
  generation: Generation,
  events: readonly Recorded[],
  { facts, unreadable, queued, unknown, freed }: DecodedBatch,
  readApplied?: ReadApplied,
): Promise<BatchResult> {
  for (const { id } of freed) await unpark(trx, id);
  const unfoldable = await foldIsolatingFailures(trx, projection, tableNames(generation), facts, { readApplied });
  const broken = firstBroken(events, unreadable, unfoldable);
  const streams = await park(trx, generation, broken);
  await countWaiting(trx, generation, countByStream(queued));
  const parked = broken.reduce((sum, { waiting }) => sum + 1 + waiting, queued.length);
  const newlyParked = streams.map((stream, i) => ({ ...stream, ...broken[i]! }));
  return { applied: events.length - unknown - parked, unknown, parked, newlyParked, freed };
}
