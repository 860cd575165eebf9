import { sql } from 'kysely';
import type { JsonObject } from '../../events/json.ts';
import type { Recorded } from '../../events/recorded.ts';
import { firstBroken, foldAround, sort } from './apply-around.ts';
import { BrokenFact } from './broken-fact.ts';
import { buildGeneration } from './build.ts';
import { compare } from './compare.ts';
import { type Connection, withStatements } from './connection.ts';
import { describe } from './describe.ts';
import { type Noted, notesOf, withFacts } from './differences.ts';
import { endStatements } from './end-statements.ts';
import { drop, type Generation, generationOf, generations, tableNames, tablesOf, takeTurn } from './generations.ts';
import { goesOnWith, type SetAside, setAside, without } from './parked-apart.ts';
import { type OperationContext, ownLive, type RunOperation } from './rebuild.ts';
import { streamsBehind } from './streams-behind.ts';
import type { Tx } from './table.ts';

/** So many are listed; all are counted. */
const LISTED = 1000;

/**
 * Proves that the live generation is the fold of the log up to its checkpoint, while it goes on (C7): folds the log into
 * another one beside it, and compares both as they are at one position. The result lists what differs, with both values,
 * which may be personal data. Nothing stays of what was built; a process that takes it up again begins anew.
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
  let built: Generation = { ...(await generationOf(db, projection, operation.id)), indexed: true };
  let apart: SetAside = new Map();
  for (;;) {
    const live = await ownLive(db, projection);
    const now = await setAside(db, live);
    if (!goesOnWith(apart, now, built.checkpoint)) return undefined;
    apart = now;
    const until = live.checkpoint;
    if (until === undefined) return { built, apart };
    let batches = 0;
    try {
      await buildGeneration({
        ...{ ...rest, connection, projection, until, generation: built, log: without(log, apart) },
        onProgress(further) {
          built = further;
          batches++;
          onProgress(further.checkpoint ?? 0n, until);
        },
      });
    } catch (error) {
      if (!(error instanceof BrokenFact)) throw error;
      const parked = (await setAside(db, live)).get(error.fact.stream);
      if (parked?.revision === error.fact.revision) continue; // just now, by the live one too
      throw error;
    }
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
    return { live, parked: now.size, ...(await compareAll(trx, { ...context, signal }, live, built)) };
  });
  if (!found) return undefined;
  const { live, parked, noted, rowsCompared, differencesTotal } = found;
  const equal = differencesTotal === 0;
  const about = { generation: live.generation, position: live.checkpoint?.toString() ?? null, rowsCompared };
  if (equal) logger.info({ ...about, parked }, 'projection_verified');
  else logger.error({ ...about, parked, differencesTotal, places: placesOf(noted) }, 'projection_differs');
  return {
    ...{ equal, ...about, parkedStreams: parked, differencesTotal },
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

/** What the live generation has applied since the build; in the transaction that compares. Throws BrokenFact. */
async function foldUpTo(trx: Tx, context: OperationContext, built: Generation, position: bigint | undefined) {
  const { log, projection, signal, logger, maxBatch = 2000 } = context;
  if (position === undefined || built.checkpoint === position) return;
  const { prefixes } = projection;
  const onBreak = (error: unknown, retryInMs: number) =>
    logger.warn({ projection: projection.name, error: describe(error), retryInMs }, 'subscription_broken');
  for await (const batch of log.subscribe({ prefixes, after: built.checkpoint, maxBatch, signal, onBreak })) {
    const events: readonly Recorded[] = batch.events.filter((event) => event.position <= position);
    const { facts, unreadable } = sort(events, new Map());
    const unfoldable = await foldAround(trx, projection, tableNames(built), facts, { onlyTheFirst: true });
    const [broken] = firstBroken(events, unreadable, unfoldable);
    if (broken) throw broken.broken;
    const beyond = events.length < batch.events.length || events.at(-1)?.position === position;
    if (beyond || batch.caughtUp) return;
  }
  signal.throwIfAborted();
}

async function compareAll(trx: Tx, context: OperationContext, live: Generation, built: Generation) {
  const { projection, signal } = context;
  const rebuilt = tableNames(built);
  const noted: Noted[] = [];
  let rowsCompared = 0;
  let differencesTotal = 0;
  for (const table of tablesOf(projection)) {
    signal.throwIfAborted();
    const { rows, differences, differing } = await compare(trx, table, tableNames(live), rebuilt);
    rowsCompared += rows;
    differencesTotal += differences;
    if (differences === 0 || noted.length >= LISTED) continue;
    for await (const row of differing()) {
      signal.throwIfAborted();
      const its = row.rebuilt ? rebuilt : tableNames(live);
      noted.push(...notesOf(row, await streamsBehind(trx, projection, its, table, (row.rebuilt ?? row.live)!)));
      if (noted.length >= LISTED) break;
    }
  }
  return { noted: noted.slice(0, LISTED), rowsCompared, differencesTotal };
}

/** Where, for the service's log: no values. */
const placesOf = (noted: readonly Noted[]): string[] => [
  ...new Set(noted.map(({ table, column, row }) => `${table}.${column ?? row}`)),
];
