import { type Kysely, sql } from 'kysely';
import type { Tx } from '../../postgres/connection.ts';
import { asJson, copyText } from './row-text.ts';

/** A table of which each generation of a projection has its own. */
export type Table = {
  readonly name: string;
  /** Column → its Postgres type, perhaps `not null`. */
  readonly columns: Readonly<Record<string, string>>;
  readonly key: readonly string[];
  /**
   * What follows `on <table>`, for indexes that the projection needs itself. Postgres indexes at most 2,704 bytes, so texts
   * in them are bounded where webhooks are translated.
   */
  readonly indexes?: readonly string[];
  /** Indexes that only readers need, made when a generation has caught up: that is cheaper. */
  readonly queryIndexes?: readonly string[];
  /** Shown by the view of the same name; absent: internal. */
  readonly view?: readonly string[];
};

/** The full SQL name of a table in one generation. */
export type TableName = (table: Table) => string;

export type Row = Readonly<Record<string, unknown>>;

export async function createTable(db: Kysely<unknown>, name: string, table: Table): Promise<void> {
  const columns = Object.entries(table.columns).map(([column, type]) => `${quoted(column)} ${type}`);
  const definition = sql.raw([...columns, `primary key (${list(table.key)})`].join(', '));
  await sql`create table ${sql.raw(name)} (${definition})`.execute(db);
  for (const index of table.indexes ?? []) await sql`create index on ${sql.raw(`${name} ${index}`)}`.execute(db);
}

/** From this many rows on, COPY costs less than having Postgres parse JSON. */
const COPIED = 100;

/** The tables of one generation in one transaction: all that a projection reads and writes. */
export type Tables = ReturnType<typeof tablesIn>;

export function tablesIn(trx: Tx, nameOf: TableName) {
  const insertAsJson = async (table: Table, rows: readonly Row[], conflict = ''): Promise<void> => {
    const columns = Object.keys(table.columns);
    const text = `insert into ${nameOf(table)} (${list(columns)})
      select ${list(columns)} from ${recordset(table, columns)} ${conflict}`;
    for (const json of inPieces(rows.map(asJson))) await trx.prepared(text, [json]);
  };

  const tables = {
    trx,
    nameOf,

    /** The rows whose columns `by` are as in one of `keys`. */
    async select<R>(table: Table, by: readonly string[], keys: readonly Row[]): Promise<R[]> {
      const found: R[] = [];
      const text = `select t.* from ${recordset(table, by)} join ${nameOf(table)} t on ${same(by)}`;
      for (const json of inPieces(new Set(keys.map(asJson)))) found.push(...(await trx.prepared<R>(text, [json])));
      return found;
    },

    /** Writes rows of which none exists yet. */
    insert: (table: Table, rows: readonly Row[]): Promise<void> =>
      rows.length < COPIED ? insertAsJson(table, rows) : copy(trx, nameOf(table), table, rows),

    /** Inserts rows or replaces those with the same key; each key may occur once. */
    async upsert(table: Table, rows: readonly Row[]): Promise<void> {
      const columns = Object.keys(table.columns);
      const others = columns.filter((column) => !table.key.includes(column));
      const change = others.map((column) => `${quoted(column)} = excluded.${quoted(column)}`).join(', ');
      const conflict = `on conflict (${list(table.key)}) do ${change ? `update set ${change}` : 'nothing'}`;
      if (rows.length < COPIED) return insertAsJson(table, rows, conflict);
      const staging = quoted(`staged_${table.name}`);
      await sql`create temporary table if not exists ${sql.raw(`${staging} (${columnsOf(table, columns)})`)}`.execute(
        trx,
      );
      await copy(trx, staging, table, rows);
      await trx.prepared(`insert into ${nameOf(table)} (${list(columns)}) select * from ${staging} ${conflict}`, []);
      await trx.prepared(`truncate ${staging}`, []);
    },

    /** Writes rows of which the caller knows which exist; few of them in one statement. */
    async write(
      table: Table,
      { added, changed }: { readonly added: readonly Row[]; readonly changed: readonly Row[] },
    ): Promise<void> {
      if (added.length + changed.length < COPIED) return tables.upsert(table, [...added, ...changed]);
      await tables.insert(table, added);
      await tables.upsert(table, changed);
    },

    /** Deletes the rows whose columns `by` are as in one of `keys`. */
    async delete(table: Table, by: readonly string[], keys: readonly Row[]): Promise<void> {
      const text = `delete from ${nameOf(table)} t using ${recordset(table, by)} where ${same(by)}`;
      for (const json of inPieces(new Set(keys.map(asJson)))) await trx.prepared(text, [json]);
    },
  };
  return tables;
}

function copy(trx: Tx, into: string, table: Table, rows: readonly Row[]): Promise<void> {
  const columns = Object.keys(table.columns);
  const types = columns.map((column) => table.columns[column]!);
  function* lines() {
    for (const row of rows) yield copyText(columns, types, row);
  }
  return trx.copyFrom(`${into} (${list(columns)})`, lines());
}

/** The rows of a parameter: a JSON array of objects. */
const recordset = (table: Table, columns: readonly string[]): string =>
  `json_to_recordset($1::json) as r(${columnsOf(table, columns)})`;

const columnsOf = (table: Table, columns: readonly string[]): string =>
  columns.map((column) => `${quoted(column)} ${table.columns[column]!.replace(' not null', '')}`).join(', ');

const same = (columns: readonly string[]): string =>
  columns.map((column) => `t.${quoted(column)} = r.${quoted(column)}`).join(' and ');

const quoted = (name: string): string => `"${name}"`;
const list = (names: readonly string[]): string => names.map(quoted).join(', ');

/** A value of Postgres ends at 1 GB; memory much earlier. */
const PIECE = 8_000_000;

/** Rows of JSON as arrays, some in each. */
function* inPieces(rows: Iterable<string>): Iterable<string> {
  let piece: string[] = [];
  let size = 0;
  for (const row of rows) {
    if (size > 0 && size + row.length > PIECE) {
      yield `[${piece.join(',')}]`;
      piece = [];
      size = 0;
    }
    piece.push(row);
    size += row.length;
  }
  if (piece.length > 0) yield `[${piece.join(',')}]`;
}
