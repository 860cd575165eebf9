import { sql } from 'kysely';
import { EventStoreUnavailable } from '../../events/event-log.ts';
import type { JsonObject } from '../../events/json.ts';
import type { Recorded } from '../../events/recorded.ts';
import { type Connection, endStatements, type Tx, withStatements } from '../../postgres/connection.ts';
import { foldAndPark, noteParked } from './apply.ts';
import { streamsBehind, withFacts, withNamed } from './behind-rows.ts';
import { buildGeneration } from './build.ts';
import { compare, type DifferingRow, type Noted, notesOf } from './compare.ts';
import { drop, type Generation, generationOf, generations, tableNames, tablesOf, takeTurn } from './generations.ts';
import {
  excludeParked,
  isFoldStillValid,
  type ParkedAt,
  type ParkedStreams,
  parkedAt,
  parkedStreams,
} from './parked.ts';
import { type OperationContext, OperationFailed, ownLive, type RunOperation } from './rebuild.ts';
import { tablesIn } from './table.ts';
import { furtherEvents, writerOf } from './writer.ts';

/** All differences are counted, this many listed. */
const LISTED = 1000;
/** How many of a row's streams are read for its facts: a customer may have thousands of calls. */
const STREAMS = 10;

/** Proves that the live generation is the fold of the log (C7): builds another one, and compares both at one position. */
export const verify: RunOperation = async (context) => {
  await refuseUnreadableLog(context);
  for (;;) {
    await dropUnfinished(context);
    const near = await buildNear(context);
    const result = near && (await compareWithLive(context, near));
    if (result) return result;
    context.logger.info('verification_begins_anew');
  }
};

/** An empty read model is compared without reading a fact, and would equal a log that cannot be read. */
async function refuseUnreadableLog({ log }: OperationContext): Promise<void> {
  try {
    await log.head();
  } catch (error) {
    if (!(error instanceof EventStoreUnavailable)) throw error;
    throw new OperationFailed('event_store_unavailable', 'The event store does not answer: the log cannot be read.');
  }
}

/** Drops what an earlier process has built: it is unknown without which parked streams. */
const dropUnfinished = ({ connection, projection, operation }: OperationContext): Promise<void> =>
  connection.db.transaction().execute(async (trx) => {
    await takeTurn(trx);
    for (const generation of await generations(trx, projection.name))
      if (generation.operation === operation.id) await drop(trx, generation);
  });

type NearBuild = { readonly built: Generation; readonly parked: ParkedStreams };

/** Builds until the live generation is at most a batch ahead. Undefined: a parked stream was redriven meanwhile. */
async function buildNear(context: OperationContext): Promise<NearBuild | undefined> {
  const { connection, projection, operation, log, onProgress, ...rest } = context;
  const { db } = connection;
  // Without readers it needs no query indexes.
  let built: Generation = { ...(await generationOf(db, projection, operation)), indexed: true };
  let parked: ParkedStreams = new Map();
  for (;;) {
    const live = await ownLive(db, projection);
    const now = await parkedStreams(db, live);
    if (!isFoldStillValid(parked, now, built.checkpoint)) return undefined;
    parked = now;
    const until = live.checkpoint;
    if (until === undefined) return { built, parked };
    let batches = 0;
    await buildGeneration({
      ...{ ...rest, connection, projection, until, generation: built, log: excludeParked(log, parked) },
      onProgress(further) {
        built = further;
        batches++;
        onProgress(further.checkpoint ?? 0n, until);
      },
    });
    if (batches <= 1) return { built, parked };
  }
}

/** Undefined: what was built cannot be brought to the position of the live generation. */
async function compareWithLive(
  context: OperationContext,
  { built, parked }: NearBuild,
): Promise<JsonObject | undefined> {
  const { projection, log, connect, logger } = context;
  await using connection = await connect({ queryTimeoutMs: 0 });
  const signal = AbortSignal.any([context.signal, connection.lost]);
  await using _ = await endStatements(connection, signal, connect);
  const found = await inSnapshot(connection, async (trx) => {
    const live = await ownLive(trx, projection);
    const now = await parkedStreams(trx, live);
    if (!isFoldStillValid(parked, now, built.checkpoint)) return undefined;
    if ((live.checkpoint ?? -1n) < (built.checkpoint ?? -1n)) return undefined;
    await foldUpTo(trx, { ...context, signal, log: excludeParked(log, now) }, built, live.checkpoint);
    const onlyNow = await parkedAt(trx, built);
    const parkedCount = new Set([...now.keys(), ...onlyNow.map(({ stream }) => stream)]).size;
    return { live, parkedCount, onlyNow, ...(await compareAll(trx, { ...context, signal }, live, built, onlyNow)) };
  });
  if (!found) return undefined;
  const { live, parkedCount, onlyNow, noted, rowsCompared, notCompared, differencesTotal } = found;
  const equal = differencesTotal === 0;
  const about = {
    ...{ generation: live.generation, position: live.checkpoint?.toString() ?? null, rowsCompared },
    ...{ parkedByRebuild: onlyNow.length, notCompared },
  };
  const summary = { ...about, parked: parkedCount };
  if (equal) logger[onlyNow.length > 0 ? 'warn' : 'info'](summary, 'projection_verified');
  else logger.error({ ...summary, differencesTotal, places: placesOf(noted) }, 'projection_differs');
  return {
    ...{ equal, ...about, parkedStreams: parkedCount, differencesTotal },
    ...(onlyNow.length > 0 && { brokenFacts: onlyNow }),
    differences: (await withFacts(log, noted, live.checkpoint, signal)) as unknown as JsonObject[],
    ...(differencesTotal > noted.length && { truncated: true }),
  };
}

/** Runs work in a snapshot that is rolled back: it sees rows and checkpoint of the live generation at one position. */
async function inSnapshot<T>({ db }: Connection, work: (trx: Tx) => Promise<T>): Promise<T> {
  const trx = await db.startTransaction().setIsolationLevel('repeatable read').execute();
  try {
    await sql`set local statement_timeout = 0`.execute(trx);
    await sql`set local idle_in_transaction_session_timeout = 0`.execute(trx);
    await sql`set local timezone = 'UTC'`.execute(trx);
    return await work(withStatements(trx, db));
  } finally {
    await trx
      .rollback()
      .execute()
      .catch(() => {}); // the transaction ended with its connection
  }
}

/** Applies what the live generation has applied since the build, in the transaction that compares. */
async function foldUpTo(trx: Tx, context: OperationContext, built: Generation, position: bigint | undefined) {
  const { signal, maxBatch = 2000 } = context;
  if (position === undefined || built.checkpoint === position) return;
  const writer = await writerOf({ ...context, db: trx, generation: built });
  for await (const batch of furtherEvents(writer, { maxBatch, signal })) {
    const events: readonly Recorded[] = batch.events.filter((event) => event.position <= position);
    noteParked(writer, await foldAndPark(trx, writer, events));
    const beyond = events.length < batch.events.length || events.at(-1)?.position === position;
    if (beyond || batch.caughtUp) return;
  }
  signal.throwIfAborted();
}

/**
 * @param broken streams that only the built generation has parked. Rows that differ and rest on them are not compared,
 *   because either may be right.
 */
async function compareAll(
  trx: Tx,
  context: OperationContext,
  live: Generation,
  built: Generation,
  broken: readonly ParkedAt[],
) {
  const { projection, signal } = context;
  const [rebuilt, shown] = [tablesIn(trx, tableNames(built)), tablesIn(trx, tableNames(live))];
  const streams = broken.map(({ stream }) => stream);
  const excluded = new Set<string>();
  for (const side of [rebuilt, shown])
    for (const stream of await withNamed(projection, side, streams)) excluded.add(stream);
  const noted: Noted[] = [];
  let rowsCompared = 0;
  let notCompared = 0;
  let differencesTotal = 0;
  /** Both sides are asked: of a fact that breaks only now, the built one does not know the rows. */
  const behind = async ({ table, ...row }: DifferingRow): Promise<readonly string[]> => [
    ...new Set([
      ...(row.rebuilt ? await streamsBehind(projection, rebuilt, table, row.rebuilt) : []),
      ...(row.live ? await streamsBehind(projection, shown, table, row.live) : []),
    ]),
  ];
  for (const table of tablesOf(projection)) {
    signal.throwIfAborted();
    const { rows, differences, differing } = await compare(table, shown, rebuilt);
    rowsCompared += rows;
    differencesTotal += differences;
    if (differences === 0 || noted.length >= LISTED) continue;
    for await (const row of differing()) {
      signal.throwIfAborted();
      const streams = await behind(row);
      if (streams.some((stream) => excluded.has(stream))) {
        notCompared++;
        differencesTotal -= Math.max(1, row.columns.length); // as compare.ts counts it
        continue;
      }
      noted.push(...notesOf(row, streams.slice(0, STREAMS)));
      if (noted.length >= LISTED) break;
    }
  }
  rowsCompared -= notCompared;
  return { noted: noted.slice(0, LISTED), rowsCompared, notCompared, differencesTotal };
}

/** Where they differ, for the service's log: no values. */
const placesOf = (noted: readonly Noted[]): string[] => [
  ...new Set(noted.map(({ table, column, row }) => `${table}.${column ?? row}`)),
];
