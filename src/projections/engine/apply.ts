import { sql } from 'kysely';
import { decode, type Fact } from '../../events/codec.ts';
import type { Recorded } from '../../events/recorded.ts';
import { BrokenFact, isFactsFault } from './faults.ts';
import { foldBatch } from './fold-batch.ts';
import type { Newly, ParkedStreams } from './parked.ts';
import type { Late, Projection } from './projection.ts';
import type { TableName, Tx } from './table.ts';

/** What is to become of the events of a batch. */
export type Sorted = {
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

export function countByStream(events: readonly Recorded[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { stream } of events) counts.set(stream, (counts.get(stream) ?? 0) + 1);
  return counts;
}
