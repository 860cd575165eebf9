import { sql } from 'kysely';
import { readLeft } from '../../events/event-log.ts';
import { inTransaction, type Tx } from '../../postgres/connection.ts';
import { safeErrorMessage } from '../../postgres/errors.ts';
import { type Generation, tableNames } from './generations.ts';
import { decodeBatch, firstBroken, foldIsolatingFailures } from './isolate.ts';
import {
  type BrokenStream,
  type ParkedStream,
  parkAgain,
  parkedAs,
  readApplied,
  requestedRedrives,
  unpark,
} from './parked.ts';
import type { Progress } from './progress.ts';
import { tablesIn } from './table.ts';
import { poll, type Writer } from './writer.ts';

const POLL_MS = 500;

/** Redrives parked streams as operators request it, in any process, until it is disposed of. */
export const redriveOnRequest = (writer: Writer, progress: Progress): AsyncDisposable =>
  poll(
    POLL_MS,
    (signal) => redriveRequested(writer, progress, signal),
    (error) => {
      const about = { projection: writer.projection.name, error: safeErrorMessage(error) };
      writer.logger.warn(about, 'projection_redrive_interrupted');
    },
  );

async function redriveRequested(writer: Writer, progress: Progress, signal: AbortSignal): Promise<void> {
  const { db, projection, parked, logger, exclusively } = writer;
  if (parked.size === 0) return;
  const requested = await exclusively(() => requestedRedrives(db, writer.generation));
  for (const stream of requested) {
    const one = parked.get(stream);
    if (!one || signal.aborted) continue;
    const outcome = await exclusively(() => redrive(writer, one));
    const about = { projection: projection.name, parked_id: one.id, stream };
    if (outcome === 'redriven') {
      parked.delete(stream);
      logger.info(about, 'projection_redriven');
    } else {
      const still = parkedAs(one.id, outcome);
      parked.set(stream, still);
      const { position, type, error } = still;
      logger.error({ ...about, position: `${position}`, type, error }, 'projection_still_parked');
    }
    progress.parked = parked.size;
  }
}

/**
 * Applies a parked stream from its broken fact up to the checkpoint, and unparks it in the same transaction, or parks it
 * at the fact that breaks now. Only for the leader, between two batches.
 */
export async function redrive(writer: Writer, parked: ParkedStream): Promise<'redriven' | BrokenStream> {
  const { db, log, projection, generation, cache } = writer;
  const { checkpoint = -1n } = generation;
  cache.clear(); // what is written here is not put into it
  const recorded = await readLeft(log, parked.stream, { from: parked.revision });
  const events = recorded.filter(({ position }) => position <= checkpoint);
  const { facts, unreadable } = decodeBatch(events, new Map());
  const others = new Map(writer.parked);
  others.delete(parked.stream);
  const applied = readApplied(log, others);
  return inTransaction(db, async (trx) => {
    await lockCheckpoint(trx, generation);
    const unfoldable = await foldIsolatingFailures(tablesIn(trx, tableNames(generation)), projection, facts, {
      readApplied: (streams) => applied(streams, checkpoint),
      isLate: true,
    });
    const [still] = firstBroken(events, unreadable, unfoldable);
    if (still) await parkAgain(trx, parked.id, still);
    else await unpark(trx, parked.id);
    return still ?? 'redriven';
  });
}

/** Throws when the checkpoint has moved: then another process writes, and this one must not. */
async function lockCheckpoint(trx: Tx, { name, generation, checkpoint }: Generation): Promise<void> {
  const { rows } = await sql`
    select 1 from projection.projections
     where name = ${name} and generation = ${generation} and checkpoint = ${`${checkpoint}`}::bigint and not frozen
       for update`.execute(trx);
  if (rows.length === 0) throw new Error(`${name}: the checkpoint of generation ${generation} is not at ${checkpoint}`);
}
