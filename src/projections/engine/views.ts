import { sql, type Transaction } from 'kysely';
import type { Projection } from './projection.ts';
import type { TableName } from './table.ts';

type Tx = Transaction<unknown>;

/** `create or replace` keeps grants and dependent views, but cannot remove columns. */
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

/** Adds a release's new views, empty, and new columns, without values, until its generation is built. */
export async function showNothingYet(trx: Tx, { tables }: Projection): Promise<void> {
  for (const { name, view: columns, columns: types } of tables) {
    if (!columns) continue;
    const { rows } = await sql<{ column: string; shown: string }>`
      select column_name as column, pg_get_viewdef(to_regclass(${`public.${name}`})) as shown
        from information_schema.columns where table_schema = 'public' and table_name = ${name}`.execute(trx);
    const there = rows.map(({ column }) => column);
    const missing = columns.filter((column) => !there.includes(column));
    if (missing.length === 0) continue;
    const nulls = sql.join(
      missing.map((column) => sql`null::${sql.raw(types[column]!.replace(' not null', ''))} as ${sql.id(column)}`),
    );
    const shown = rows[0]
      ? sql`select shown.*, ${nulls} from (${sql.raw(rows[0].shown.replace(/;\s*$/, ''))}) shown`
      : sql`select ${nulls} where false`;
    await sql`create or replace view ${sql.id('public', name)} as ${shown}`.execute(trx);
  }
}

const INVALID_TABLE_DEFINITION = '42P16';
