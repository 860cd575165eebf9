import { sql, type Transaction } from 'kysely';
import type { Projection } from './projection.ts';
import type { TableName } from './table.ts';

type Tx = Transaction<unknown>;

// The names under which others read, whichever generation's tables stand behind them.

/** `create or replace` keeps grants and what others built on the view; it cannot take columns away. */
export async function showInViews(trx: Tx, projection: Projection, tableOf: TableName): Promise<void> {
  for (const table of projection.tables) {
    if (!table.view) continue;
    const view = sql.id('public', table.name);
    const shown = sql`select ${sql.join(table.view.map((column) => sql.id(column)))} from ${sql.raw(tableOf(table))}`;
    await sql`savepoint replacing`.execute(trx);
    try {
      await sql`create or replace view ${view} as ${shown}`.execute(trx);
    } catch (error) {
      if ((error as { code?: string }).code !== INVALID_TABLE_DEFINITION) throw error;
      await sql`rollback to savepoint replacing`.execute(trx);
      await sql`drop view ${view}`.execute(trx);
      await sql`create view ${view} as ${shown}`.execute(trx);
    }
  }
}

/** A view that the release before had not is there, and empty, until its generation is built. */
export async function showNothingYet(trx: Tx, projection: Projection): Promise<void> {
  for (const { name, view, columns } of projection.tables) {
    if (!view) continue;
    const { rows } = await sql<{
      there: boolean;
    }>`select to_regclass(${`public.${name}`}) is not null as there`.execute(trx);
    if (rows[0]!.there) continue;
    const empty = view.map(
      (column) => sql`null::${sql.raw(columns[column]!.split(' not null')[0]!)} as ${sql.id(column)}`,
    );
    await sql`create view ${sql.id('public', name)} as select ${sql.join(empty)} where false`.execute(trx);
  }
}

const INVALID_TABLE_DEFINITION = '42P16';
