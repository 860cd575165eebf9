import { type Kysely, sql, type Transaction } from 'kysely';
import type { Logger } from 'pino';
import type { Database } from './connection.ts';
import { describe, isFactsFault } from './faults.ts';
import { type Generation, tableNames, tablesOf, takeTurn } from './generations.ts';
import type { Projection } from './projection.ts';

/**
 * Makes the indexes that only readers need, once: made over a whole table they cost a fraction of what it costs to keep
 * them up to date row by row while a long log is folded. Their names tell which there are already, so that who was killed
 * in the middle goes on.
 *
 * Where a row does not fit one of them, nobody can tell whose it is. Then the generation is emptied and has its indexes
 * from the start, so that such a row is refused when it is written, and its stream is parked. What is answered then
 * has no checkpoint.
 */
export async function makeQueryIndexes(
  db: Kysely<unknown>,
  projection: Projection,
  built: Generation,
  logger: Logger,
): Promise<Generation> {
  try {
    return await db.transaction().execute((trx) => make(trx, projection, built));
  } catch (error) {
    if (!isFactsFault(error)) throw error;
    const about = { projection: projection.name, generation: built.generation };
    logger.warn({ ...about, error: describe(error) }, 'projection_begins_anew_with_indexes');
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
    // Only now are there statistics of what an index computes.
    if (table.queryIndexes) await sql`analyze ${sql.raw(name)}`.execute(trx);
  }
  await sql`update projection.projections set indexed = true
    where name = ${built.name} and generation = ${built.generation}`.execute(trx);
  return { ...built, indexed: true };
}

/** Facts: with fewer of them every plan is a good one. */
const FIRST = 100;
/** Facts: what is known of so many rows holds for more of them. */
const ENOUGH = 100_000;

/**
 * Keeps what Postgres knows of a young generation's tables true, each time about as many facts have come as before. Until
 * a table is analyzed Postgres takes a tenant's rows for few, and may look each row up by reading all of them; autovacuum
 * comes within a minute, in which a rebuild writes half a million rows.
 *
 * @returns to be told of each batch that is committed, by how many facts are in it.
 */
export function statistics(db: Database, projection: Projection, generation: Generation) {
  const names = projection.tables.map(tableNames(generation));
  let known: number | undefined;
  let since = 0;

  /** Rows; 0 if none of the tables was ever analyzed. */
  const analyzedRows = async (): Promise<number> => {
    const { rows } = await sql<{ known: number }>`
      select greatest(0, max(reltuples))::float8 as known from pg_class
       where oid = any (${names}::text[]::regclass[])`.execute(db);
    return rows[0]!.known;
  };

  return async (facts: number): Promise<void> => {
    since += facts;
    if (since < Math.max(FIRST, known ?? 0)) return;
    known ??= await analyzedRows();
    if (since < known || known > ENOUGH) return;
    for (const name of names) await sql`analyze ${sql.raw(name)}`.execute(db);
    known += since;
    since = 0;
  };
}
