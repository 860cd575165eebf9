import { sql } from 'kysely';
import type { JsonObject } from '../../events/json.ts';
import type { Recorded } from '../../events/recorded.ts';
import { applyAround, sort } from './apply.ts';
import { compare, type DifferingRow, type Noted, notesOf, streamsBehind, withFacts, withNamed } from './compare.ts';
import { type Connection, endStatements, withStatements } from './connection.ts';
import { describe } from './faults.ts';
import { drop, type Generation, generationOf, generations, tableNames, tablesOf, takeTurn } from './generations.ts';
import { goesOnWith, type ParkedAt, parkedAt, parkedStreams, type SetAside, setAside, without } from './parked.ts';
import { noteParked } from './progress.ts';
import { buildGeneration, type OperationContext, ownLive, type RunOperation } from './rebuild.ts';
import type { Tx } from './table.ts';

/** So many are listed; all are counted. */
const LISTED = 1000;
/** Of a row's streams, so many are asked for its facts: a customer may have thousands of calls. */
const STREAMS = 10;

/**
 * Proves that the live generation is the fold of the log up to its checkpoint, while it goes on (C7): folds the log into
 * another one beside it, and compares both as they are at one position. The result lists what differs, with both values,
 * which may be personal data. A stream that the live generation has parked is folded up to there; one that breaks only
 * now is parked in what is built, and the rows that rest on it are counted apart. Nothing stays of what was built; a
 * process that takes it up again begins anew.
 */
export const verify: RunOperation = async (context) => {
  for (;;) {
    await dropBegun(context);
    const near = await buildNear(context);
    const result = near && (await compareWithLive(context, near));
    if (result) return result;
    context.logger.info('verification_begins_anew');
  }
};

/** What a process before this one has built: nobody knows any more around which parked streams. */
const dropBegun = ({ connection, projection, operation }: OperationContext): Promise<void> =>
  connection.db.transaction().execute(async (trx) => {
    await takeTurn(trx);
    for (const generation of await generations(trx, projection.name))
      if (generation.operation === operation.id) await drop(trx, generation);
  });

type Near = { readonly built: Generation; readonly apart: SetAside };

/**
 * Folds the log up to where the live generation stands, again and again until that is only a batch away. Undefined: a
 * parked stream has been redriven meanwhile.
 */
async function buildNear(context: OperationContext): Promise<Near | undefined> {
  const { connection, projection, operation, log, onProgress, ...rest } = context;
  const { db } = connection;
  // `indexed`: it has no readers.
  let built: Generation = { ...(await generationOf(db, projection, operation)), indexed: true };
  let apart: SetAside = new Map();
  for (;;) {
    const live = await ownLive(db, projection);
    const now = await setAside(db, live);
    if (!goesOnWith(apart, now, built.checkpoint)) return undefined;
    apart = now;
    const until = live.checkpoint;
    if (until === undefined) return { built, apart };
    let batches = 0;
    await buildGeneration({
      ...{ ...rest, connection, projection, until, generation: built, log: without(log, apart) },
      onProgress(further) {
        built = further;
        batches++;
        onProgress(further.checkpoint ?? 0n, until);
      },
    });
    if (batches <= 1) return { built, apart };
  }
}

/** Undefined: what was built cannot be led to where the live generation stands. */
async function compareWithLive(context: OperationContext, { built, apart }: Near): Promise<JsonObject | undefined> {
  const { projection, log, connect, logger } = context;
  await using connection = await connect({ queryTimeoutMs: 0 });
  const signal = AbortSignal.any([context.signal, connection.lost]);
  await using _ = await endStatements(connection, signal, connect);
  const found = await inSnapshot(connection, async (trx) => {
    const live = await ownLive(trx, projection);
    const now = await setAside(trx, live);
    if (!goesOnWith(apart, now, built.checkpoint)) return undefined;
    if ((live.checkpoint ?? -1n) < (built.checkpoint ?? -1n)) return undefined;
    await foldUpTo(trx, { ...context, signal, log: without(log, now) }, built, live.checkpoint);
    const onlyNow = await parkedAt(trx, built);
    const parkedStreams = new Set([...now.keys(), ...onlyNow.map(({ stream }) => stream)]).size;
    return { live, parkedStreams, onlyNow, ...(await compareAll(trx, { ...context, signal }, live, built, onlyNow)) };
  });
  if (!found) return undefined;
  const { live, parkedStreams, onlyNow, noted, rowsCompared, notCompared, differencesTotal } = found;
  const equal = differencesTotal === 0;
  const about = {
    ...{ generation: live.generation, position: live.checkpoint?.toString() ?? null, rowsCompared },
    ...{ parkedByRebuild: onlyNow.length, notCompared },
  };
  const told = { ...about, parked: parkedStreams };
  if (equal) logger[onlyNow.length > 0 ? 'warn' : 'info'](told, 'projection_verified');
  else logger.error({ ...told, differencesTotal, places: placesOf(noted) }, 'projection_differs');
  return {
    ...{ equal, ...about, parkedStreams, differencesTotal },
    ...(onlyNow.length > 0 && { brokenFacts: onlyNow }),
    differences: (await withFacts(log, noted, live.checkpoint, signal)) as unknown as JsonObject[],
    ...(differencesTotal > noted.length && { truncated: true }),
  };
}

/**
 * Runs work that sees the database as it is at its first statement, and what it writes itself; nothing of that stays.
 * Rows and checkpoint of the live generation move in one transaction, so that both are seen at the same position.
 */
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
      .catch(() => {}); // the connection is gone, and with it the transaction
  }
}

/** What the live generation has applied since the build; in the transaction that compares. */
async function foldUpTo(trx: Tx, context: OperationContext, built: Generation, position: bigint | undefined) {
  const { log, projection, signal, logger, maxBatch = 2000 } = context;
  if (position === undefined || built.checkpoint === position) return;
  const { prefixes } = projection;
  const parked = await parkedStreams(trx, built);
  const onBreak = (error: unknown, retryInMs: number) =>
    logger.warn({ projection: projection.name, error: describe(error), retryInMs }, 'subscription_broken');
  for await (const batch of log.subscribe({ prefixes, after: built.checkpoint, maxBatch, signal, onBreak })) {
    const events: readonly Recorded[] = batch.events.filter((event) => event.position <= position);
    noteParked(await applyAround(trx, projection, built, events, sort(events, parked)), built, parked, logger);
    const beyond = events.length < batch.events.length || events.at(-1)?.position === position;
    if (beyond || batch.caughtUp) return;
  }
  signal.throwIfAborted();
}

/**
 * @param broken where what was built has parked streams that the live generation goes on with. Rows that differ and rest
 *   on one of these are not compared: which of the two is right nobody can tell until the code can take the fact again.
 */
async function compareAll(
  trx: Tx,
  context: OperationContext,
  live: Generation,
  built: Generation,
  broken: readonly ParkedAt[],
) {
  const { projection, signal } = context;
  const [rebuilt, shown] = [tableNames(built), tableNames(live)];
  const streams = broken.map(({ stream }) => stream);
  const apart = new Set<string>();
  for (const side of [rebuilt, shown])
    for (const stream of await withNamed(trx, projection, side, streams)) apart.add(stream);
  const noted: Noted[] = [];
  let rowsCompared = 0;
  let notCompared = 0;
  let differencesTotal = 0;
  /** By way of a fact that breaks only now, the live one alone knows what a row rests on. */
  const behind = async ({ table, ...row }: DifferingRow): Promise<readonly string[]> => [
    ...new Set([
      ...(row.rebuilt ? await streamsBehind(trx, projection, rebuilt, table, row.rebuilt) : []),
      ...(row.live ? await streamsBehind(trx, projection, shown, table, row.live) : []),
    ]),
  ];
  for (const table of tablesOf(projection)) {
    signal.throwIfAborted();
    const { rows, differences, differing } = await compare(trx, table, shown, rebuilt);
    rowsCompared += rows;
    differencesTotal += differences;
    if (differences === 0 || noted.length >= LISTED) continue;
    for await (const row of differing()) {
      signal.throwIfAborted();
      const streams = await behind(row);
      if (streams.some((stream) => apart.has(stream))) {
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

/** Where, for the service's log: no values. */
const placesOf = (noted: readonly Noted[]): string[] => [
  ...new Set(noted.map(({ table, column, row }) => `${table}.${column ?? row}`)),
];
