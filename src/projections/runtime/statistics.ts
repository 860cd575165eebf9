import { sql } from 'kysely';
import type { Database } from '../engine/connection.ts';
import { type Generation, tableNames } from '../engine/generations.ts';
import type { Projection } from '../engine/projection.ts';

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
