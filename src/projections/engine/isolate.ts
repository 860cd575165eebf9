import { sql } from 'kysely';
import { decode, type Fact } from '../../events/codec.ts';
import { beginsErasure } from '../../events/erased.ts';
import type { Recorded } from '../../events/recorded.ts';
import type { Tx } from '../../postgres/connection.ts';
import { BrokenFact, isFactsFault } from './faults.ts';
import { foldBatch, type ReadApplied } from './fold-batch.ts';
import type { BrokenStream, ParkedStream, ParkedStreams } from './parked.ts';
import type { Projection } from './projection.ts';
import type { Tables } from './table.ts';

export type DecodedBatch = {
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
    if (erased === undefined && parked.has(event.stream)) {
      queued.push(event);
      continue;
    }
    if (unreadable.has(event.stream)) continue;
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
  tables: Tables,
  projection: Projection,
  facts: readonly Fact[],
  options: { readonly readApplied: ReadApplied; readonly isLate?: boolean },
): Promise<ReadonlyMap<string, BrokenFact>> {
  const broken = new Map<string, BrokenFact>();
  const pieces = [facts];
  for (let piece = pieces.pop(); piece; piece = pieces.pop()) {
    const whole = piece.filter(({ stream }) => !broken.has(stream));
    if (whole.length === 0) continue;
    const failure = await failureOf(tables.trx, () => foldBatch(tables, projection, whole, options));
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

export function countByStream(events: readonly Recorded[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { stream } of events) counts.set(stream, (counts.get(stream) ?? 0) + 1);
  return counts;
}
