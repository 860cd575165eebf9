import { type Kysely, sql } from 'kysely';
import { type Generation, tableNames } from './generations.ts';
import type { Projection } from './projection.ts';

/**
 * Makes the indexes that only readers need, once: made over a whole table they cost a fraction of what it costs to keep
 * them up to date row by row while a long log is folded. Their names tell which there are already, so that who was killed
 * in the middle goes on.
 */
export const makeQueryIndexes = (db: Kysely<unknown>, projection: Projection, built: Generation): Promise<Generation> =>
  db.transaction().execute(async (trx) => {
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
  });
