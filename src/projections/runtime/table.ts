import { type RawBuilder, sql, type Transaction } from 'kysely';
import { asJson } from './as-json.ts';

export type Tx = Transaction<unknown>;

/** A table that each generation of a projection has for its own. */
export type Table = {
  readonly name: string;
  /** Column → its Postgres type, perhaps `not null`. */
  readonly columns: Readonly<Record<string, string>>;
  readonly key: readonly string[];
  /** Each is what stands after `on <table>`. */
  readonly indexes?: readonly string[];
  /** Shown by the view of the same name; absent: internal. */
  readonly view?: readonly string[];
};

/** The full name of a table in one generation. */
export type TableName = (table: Table) => RawBuilder<unknown>;

export type Row = Readonly<Record<string, unknown>>;

export async function createTable(trx: Tx, name: RawBuilder<unknown>, table: Table): Promise<void> {
  const columns = Object.entries(table.columns).map(([column, type]) => `${quoted(column)} ${type}`);
  await sql`create table ${name} (${sql.raw([...columns, `primary key (${list(table.key)})`].join(', '))})`.execute(
    trx,
  );
  for (const index of table.indexes ?? []) await sql`create index on ${name} ${sql.raw(index)}`.execute(trx);
}

/** Writes rows in few statements, each below what one parameter may hold; the last of equal keys must be the only one. */
export async function upsert(trx: Tx, name: RawBuilder<unknown>, table: Table, rows: readonly Row[]): Promise<void> {
  const columns = Object.keys(table.columns);
  const others = columns.filter((column) => !table.key.includes(column));
  const change = others.map((column) => `${quoted(column)} = excluded.${quoted(column)}`).join(', ');
  for (const json of inPieces(rows)) {
    await sql`insert into ${name} (${sql.raw(list(columns))})
      select ${sql.raw(list(columns))} from ${recordset(json, table, columns)}
      on conflict (${sql.raw(list(table.key))}) do ${sql.raw(change ? `update set ${change}` : 'nothing')}`.execute(
      trx,
    );
  }
}

/** The rows whose columns `by` are as in one of `keys`. */
export async function selectBy<R>(
  trx: Tx,
  name: RawBuilder<unknown>,
  table: Table,
  by: readonly string[],
  keys: readonly Row[],
): Promise<R[]> {
  const found: R[] = [];
  for (const json of inPieces(keys)) {
    const { rows } = await sql<R>`select t.* from ${name} t join ${recordset(json, table, by)} on ${same(by)}`.execute(
      trx,
    );
    found.push(...rows);
  }
  return found;
}

export async function deleteBy(
  trx: Tx,
  name: RawBuilder<unknown>,
  table: Table,
  by: readonly string[],
  keys: readonly Row[],
): Promise<void> {
  for (const json of inPieces(keys))
    await sql`delete from ${name} t using ${recordset(json, table, by)} where ${same(by)}`.execute(trx);
}

const recordset = (json: string, table: Table, columns: readonly string[]): RawBuilder<unknown> => {
  const types = columns.map((column) => `${quoted(column)} ${table.columns[column]!.replace(' not null', '')}`);
  return sql`json_to_recordset(${json}::json) as r(${sql.raw(types.join(', '))})`;
};

const same = (columns: readonly string[]): RawBuilder<unknown> =>
  sql.raw(columns.map((column) => `t.${quoted(column)} = r.${quoted(column)}`).join(' and '));

const quoted = (name: string): string => `"${name}"`;
const list = (names: readonly string[]): string => names.map(quoted).join(', ');

/** A value of Postgres ends at 1 GB; memory much earlier. */
const PIECE = 8_000_000;

/** JSON arrays that together hold all rows. */
function* inPieces(rows: readonly Row[]): Iterable<string> {
  let piece: string[] = [];
  let size = 0;
  for (const row of rows) {
    const json = asJson(row);
    if (size > 0 && size + json.length > PIECE) {
      yield `[${piece.join(',')}]`;
      piece = [];
      size = 0;
    }
    piece.push(json);
    size += json.length;
  }
  if (piece.length > 0) yield `[${piece.join(',')}]`;
}
