import { type Place, placeText, type Recorded } from '../../events/recorded.ts';
import { inTransaction, type Tx } from '../../postgres/connection.ts';
import type { WeighedBatch } from './batches.ts';
import { isFactsFault, reasonOf } from './faults.ts';
import { type FoldedStream, foldBatch } from './fold-batch.ts';
import { type Generation, tableNames } from './generations.ts';
import { countByStream, type DecodedBatch, decodeBatch, firstBroken, foldIsolatingFailures } from './isolate.ts';
import { type BrokenStream, countWaiting, type ParkedStream, park, readApplied, unpark } from './parked.ts';
import { tablesIn } from './table.ts';
import type { Writer } from './writer.ts';

/** What became of the events of a batch. */
export type BatchResult = {
  readonly applied: number;
  /** Of a type that this version does not know. */
  readonly unknown: number;
  /** Events of parked streams, those parked by this batch included. */
  readonly parked: number;
  readonly newlyParked: readonly (ParkedStream & BrokenStream)[];
  /** No longer parked, since they were erased. */
  readonly freed: readonly ParkedStream[];
};

/** `superseded`: another process has moved the checkpoint, or the generation is gone; nothing was written. */
type Applied = BatchResult | 'superseded';

/** Writes the rows of a batch and moves the checkpoint, in one transaction (C4). A fact that breaks parks its stream. */
export async function applyBatch(writer: Writer, batch: WeighedBatch): Promise<Applied> {
  const decoded = decodeBatch(batch.events, writer.parked);
  let result: Applied | undefined;
  let failure: string | undefined;
  if (decoded.unreadable.size === 0 && decoded.queued.length === 0 && decoded.freed.length === 0) {
    try {
      result = await applyWhole(writer, batch, decoded);
    } catch (error) {
      if (!isFactsFault(error)) throw error;
      failure = reasonOf(error);
    }
  }
  result ??= await applyInPieces(writer, batch, decoded);
  if (result === 'superseded') return result;
  if (failure !== undefined && result.newlyParked.length === 0) {
    const { name, generation } = writer.generation;
    writer.logger.warn({ projection: name, generation, error: failure }, 'projection_batch_in_pieces'); // costs time
  }
  noteParked(writer, result);
  const last = batch.events.at(-1)!;
  const place = { checkpoint: last.position, checkpointEvent: placeText(last) };
  writer.generation = { ...writer.generation, ...place, caughtUp: batch.caughtUp };
  return result;
}

async function applyWhole(
  { db, log, projection, generation, parked, cache }: Writer,
  { events, caughtUp, weight }: WeighedBatch,
  { facts, unknown }: DecodedBatch,
): Promise<Applied> {
  const written = await inTransaction(db, async (trx) => {
    if (!(await advanceCheckpoint(trx, generation, events.at(-1)!, caughtUp))) return undefined;
    if (facts.length === 0) return new Map<string, FoldedStream>();
    const tables = tablesIn(trx, tableNames(generation));
    return foldBatch(tables, projection, facts, { cache, readApplied: readApplied(log, parked) });
  });
  if (!written) return 'superseded';
  cache.put(written, weight);
  return { applied: facts.length, unknown, parked: 0, newlyParked: [], freed: [] };
}

async function applyInPieces(
  writer: Writer,
  { events, caughtUp }: WeighedBatch,
  decoded: DecodedBatch,
): Promise<Applied> {
  writer.cache.clear(); // what is written here is not put into it
  return inTransaction(writer.db, async (trx) =>
    (await advanceCheckpoint(trx, writer.generation, events.at(-1)!, caughtUp))
      ? foldAndPark(trx, writer, events, decoded)
      : 'superseded',
  );
}

/** Folds what can be folded and parks the other streams. The caller moves the checkpoint. */
export async function foldAndPark(
  trx: Tx,
  { log, projection, generation, parked }: Omit<Writer, 'db'>,
  events: readonly Recorded[],
  { facts, unreadable, queued, unknown, freed } = decodeBatch(events, parked),
): Promise<BatchResult> {
  for (const { id } of freed) await unpark(trx, id);
  const tables = tablesIn(trx, tableNames(generation));
  const options = { readApplied: readApplied(log, parked) };
  const broken = firstBroken(events, unreadable, await foldIsolatingFailures(tables, projection, facts, options));
  const streams = await park(trx, generation, broken);
  await countWaiting(trx, generation, countByStream(queued));
  const set = broken.reduce((sum, { waiting }) => sum + 1 + waiting, queued.length);
  const newlyParked = streams.map((stream, i) => ({ ...stream, ...broken[i]! }));
  return { applied: events.length - unknown - set, unknown, parked: set, newlyParked, freed };
}

/** Remembers and logs which streams a batch has parked, and which it has freed. */
export function noteParked({ parked, generation: of, logger }: Writer, { newlyParked, freed }: BatchResult): void {
  const { name: projection, generation } = of;
  for (const { stream, id } of freed) {
    parked.delete(stream);
    logger.info({ projection, generation, parked_id: id, stream }, 'projection_unparked_by_erasure');
  }
  for (const { broken, waiting: _, ...one } of newlyParked) {
    parked.set(one.stream, one);
    const { type, position } = broken.fact;
    const about = { generation, parked_id: one.id, stream: one.stream, type, position: `${position}` };
    logger.error({ projection, ...about, error: broken.reason }, 'projection_parked');
  }
}

/**
 * Moves the checkpoint in the transaction of the rows. False: another process has moved it, or the generation is gone or
 * replaced; then nothing may be written.
 */
export async function advanceCheckpoint(
  trx: Tx,
  { name, generation, checkpoint }: Pick<Generation, 'name' | 'generation' | 'checkpoint'>,
  to: Place,
  caughtUp: boolean,
): Promise<boolean> {
  const moved = await trx.prepared(
    `update projection.projections
        set checkpoint = $1::bigint, caught_up = $2, applied_at = now(), checkpoint_event = $6
      where name = $3 and generation = $4
        and checkpoint is not distinct from $5::bigint and (checkpoint is null or checkpoint < $1::bigint) and not frozen
     returning 1`,
    [`${to.position}`, caughtUp, name, generation, checkpoint === undefined ? null : `${checkpoint}`, placeText(to)],
  );
  return moved.length === 1;
}
