import { type Kysely, type QueryExecutorProvider, sql } from 'kysely';
import type { EventLog } from '../../events/event-log.ts';
import { hasOrigin, originOf } from '../../events/origin.ts';
import { type Place, placeAt } from '../../events/recorded.ts';
import { pause } from '../../events/waiting.ts';
import { lockGenerations } from '../../postgres/mutex.ts';
import { create, drop, type Generation, generations, liveGeneration } from './generations.ts';
import type { Projection } from './projection.ts';

/** The log and the read model do not belong together. */
export class ForeignLog extends Error {
  override readonly name = 'ForeignLog';
}

/** A node of a cluster may be behind another one, and is then shorter for a moment. */
const LOOK_AGAIN_MS = 2000;

/**
 * Whether a generation was read from what the log has no more: it was restored to an earlier state. Throws ForeignLog
 * when it is empty or another log, as by a wrong address.
 */
export async function isStale(log: EventLog, generation: Generation, againMs = LOOK_AGAIN_MS): Promise<boolean> {
  const found = await atCheckpoint(log, generation);
  if (found === 'there') return false;
  if (found === 'shorter' && againMs > 0) {
    await pause(againMs);
    return isStale(log, generation, 0);
  }
  const first = await log.oldest();
  if (await hasOrigin(log, first, generation.origin)) return true;
  const { name, checkpoint } = generation;
  throw new ForeignLog(
    `the log and the read model do not belong together: the projection ${name} has read up to position ${checkpoint} of a log, and this one ` +
      (first === undefined
        ? 'is empty. '
        : found === 'shorter'
          ? 'is shorter and begins otherwise. '
          : 'is another. ') +
      'Check EVENTSTORE_URL and DATABASE_URL (or DATA_DIR): one of them points elsewhere than before. If the log is the ' +
      'right one, remove the read model and it is built anew: drop schema projection cascade',
  );
}

/**
 * The generation that a process leads, as the log is now: in the place of one that was read from what the log has no more
 * it is another, under construction. A live one is shown until that has caught up.
 */
export async function generationOfLog(
  db: Kysely<unknown>,
  log: EventLog,
  projection: Projection,
  own: Generation,
): Promise<Generation> {
  const isLost = await isStale(log, own);
  if (!isLost && own.state !== 'live') return recordOrigin(db, log, own);
  const instead = await db.transaction().execute(async (trx) => {
    await lockGenerations(trx);
    if (isLost && own.state === 'building') await drop(trx, own);
    const begun = (await generations(trx, own.name)).find(
      ({ state, version, operation }) => state === 'building' && version === own.version && operation === undefined,
    );
    if (isLost) return begun ?? create(trx, projection, 'building');
    if (begun) await drop(trx, begun); // the log was another one for a time
    return undefined;
  });
  return instead ? generationOfLog(db, log, projection, instead) : recordOrigin(db, log, own);
}

/** `shorter`: the log ends before the checkpoint. A checkpoint that an older release has moved is taken to be there. */
async function atCheckpoint(log: EventLog, generation: Generation): Promise<'there' | 'another' | 'shorter'> {
  const { checkpoint } = generation;
  if (checkpoint === undefined) return 'there';
  const head = await log.head();
  if (head === undefined || head < checkpoint) return 'shorter';
  const place = placeOf(generation);
  return place === undefined || (await log.holds(place)) ? 'there' : 'another';
}

/** The event at the checkpoint, as far as it is known. */
export const placeOf = ({ checkpoint, checkpointEvent }: Generation): Place | undefined =>
  placeAt(checkpoint, checkpointEvent);

/** The same of what a projection shows. */
export async function shownPlace(db: QueryExecutorProvider, projection: string): Promise<Place | undefined> {
  const live = await liveGeneration(db, projection);
  return live && placeOf(live);
}

/** Remembers which log a generation is read from, by its first event; for one whose checkpoint is in it. */
export async function recordOrigin(db: Kysely<unknown>, log: EventLog, generation: Generation): Promise<Generation> {
  const first = await log.oldest();
  if (first === undefined) return generation;
  const origin = originOf(first);
  if (origin === generation.origin) return generation;
  await sql`update projection.projections set origin = ${origin}
    where name = ${generation.name} and generation = ${generation.generation}`.execute(db);
  return { ...generation, origin };
}
