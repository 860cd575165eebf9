import { type Kysely, sql, type Transaction } from 'kysely';
import { safeErrorMessage } from '../../postgres/errors.ts';
import { isFactsFault } from './faults.ts';
import { type Generation, tableNames, tablesOf, takeTurn } from './generations.ts';
import type { Projection } from './projection.ts';
import type { Writer } from './writer.ts';

type Indexing = Pick<Writer, 'projection' | 'generation' | 'logger'> & { readonly db: Kysely<unknown> };

/** Makes readers' indexes once a generation has caught up. If a row does not fit, it is emptied and built again with them. */
export async function makeQueryIndexes({ db, projection, generation: built, logger }: Indexing): Promise<Generation> {
  try {
    return await db.transaction().execute((trx) => make(trx, projection, built));
  } catch (error) {
    if (!isFactsFault(error)) throw error;
    const about = { projection: projection.name, generation: built.generation };
    logger.warn({ ...about, error: safeErrorMessage(error) }, 'projection_begins_anew_with_indexes');
  }
  return db.transaction().execute(async (trx) => {
    await takeTurn(trx);
    const names = tablesOf(projection).map((table) => sql.raw(tableNames(built)(table)));
    await sql`truncate ${sql.join(names)}`.execute(trx);
    await sql`delete from projection.parked
      where projection = ${built.name} and generation = ${built.generation}`.execute(trx);
    await sql`update projection.projections set checkpoint = null, caught_up = false
      where name = ${built.name} and generation = ${built.generation}`.execute(trx);
    return make(trx, projection, { ...built, checkpoint: undefined, caughtUp: false });
  });
}

async function make(trx: Transaction<unknown>, projection: Projection, built: Generation): Promise<Generation> {
  await sql`set local statement_timeout = 0`.execute(trx);
  for (const table of projection.tables) {
    const name = tableNames(built)(table);
    for (const [i, columns] of (table.queryIndexes ?? []).entries()) {
      const index = sql.id(`${built.name}_${built.generation}_${table.name}_query_${i}`);
      await sql`create index if not exists ${index} on ${sql.raw(`${name} ${columns}`)}`.execute(trx);
    }
    // Postgres has statistics of an index's expressions only once it exists.
    if (table.queryIndexes) await sql`analyze ${sql.raw(name)}`.execute(trx);
  }
  await sql`update projection.projections set indexed = true
    where name = ${built.name} and generation = ${built.generation}`.execute(trx);
  return { ...built, indexed: true };
}

/** With fewer facts every plan is good. */
const FIRST = 100;
/** With more facts the statistics stay true by themselves. */
const ENOUGH = 100_000;

/**
 * To be called after each batch: runs ANALYZE when a young generation has doubled, since autovacuum comes late to a rebuild;
 * one table at a time where others wait for the next batch.
 */
export function statistics({ db, projection, generation }: Pick<Writer, 'db' | 'projection' | 'generation'>) {
  const names = projection.tables.map(tableNames(generation));
  let known: number | undefined;
  let since = 0;
  let due: string[] = [];

  /** Rows; 0 if none of the tables was ever analyzed. */
  const analyzedRows = async (): Promise<number> => {
    const { rows } = await sql<{ known: number }>`
      select greatest(0, max(reltuples))::float8 as known from pg_class
       where oid = any (${names}::text[]::regclass[])`.execute(db);
    return rows[0]!.known;
  };

  return async (facts: number, isAwaited = false): Promise<void> => {
    since += facts;
    if (since >= Math.max(FIRST, known ?? 0)) {
      known ??= await analyzedRows();
      if (since >= known && known <= ENOUGH) {
        due = [...names];
        known += since;
        since = 0;
      }
    }
    for (const name of due.splice(0, isAwaited ? 1 : due.length)) await sql`analyze ${sql.raw(name)}`.execute(db);
  };
}
