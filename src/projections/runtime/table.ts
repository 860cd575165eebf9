import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import { asJson } from './as-json.ts';
import { copyText } from './copy-text.ts';

/** A transaction in which rows can be copied as well: that is Postgres's fastest way in. */
export type Tx = Transaction<unknown> & { readonly copyFrom: CopyFrom };

/** Runs `copy <into> from stdin` with lines of COPY's text format. */
export type CopyFrom = (into: string, lines: string) => Promise<void>;

/** A table that each generation of a projection has for its own. */
export type Table = {
  readonly name: string;
  /** Column → its Postgres type, perhaps `not null`. */
  readonly columns: Readonly<Record<string, string>>;
  readonly key: readonly string[];
  /** Each is what stands after `on <table>`. Those that the projection itself looks rows up by. */
  readonly indexes?: readonly string[];
  /** Those that only readers need: made once a generation has caught up, which is cheaper than keeping them meanwhile. */
  readonly queryIndexes?: readonly string[];
  /** Shown by the view of the same name; absent: internal. */
  readonly view?: readonly string[];
};

/** The full name of a table in one generation. */
export type TableName = (table: Table) => RawBuilder<unknown>;

export type Row = Readonly<Record<string, unknown>>;

export async function createTable(db: Kysely<unknown>, name: RawBuilder<unknown>, table: Table): Promise<void> {
  const columns = Object.entries(table.columns).map(([column, type]) => `${quoted(column)} ${type}`);
  await sql`create table ${name} (${sql.raw([...columns, `primary key (${list(table.key)})`].join(', '))})`.execute(db);
  for (const index of table.indexes ?? []) await sql`create index on ${name} ${sql.raw(index)}`.execute(db);
}

/** From so many rows on, the round trips of a COPY cost less than to have Postgres parse them as JSON. */
const COPIED = 100;

/** Writes rows, in the place of those with the same key; each key must be there once. */
export async function upsert(trx: Tx, name: RawBuilder<unknown>, table: Table, rows: readonly Row[]): Promise<void> {
  const columns = Object.keys(table.columns);
  const others = columns.filter((column) => !table.key.includes(column));
  const change = others.map((column) => `${quoted(column)} = excluded.${quoted(column)}`).join(', ');
  const conflict = sql.raw(`on conflict (${list(table.key)}) do ${change ? `update set ${change}` : 'nothing'}`);
  if (rows.length < COPIED) return insertAsJson(trx, name, table, rows, conflict);
  const staging = `staged_${table.name}`;
  await sql`create temporary table if not exists ${sql.id(staging)} (${sql.raw(columnsOf(table, columns))})`.execute(
    trx,
  );
  await copy(trx, quoted(staging), table, rows);
  await sql`insert into ${name} (${sql.raw(list(columns))}) select * from ${sql.id(staging)} ${conflict}`.execute(trx);
  await sql`truncate ${sql.id(staging)}`.execute(trx);
}

/** Writes rows of which the caller knows that none is there yet. */
export async function insert(trx: Tx, name: RawBuilder<unknown>, table: Table, rows: readonly Row[]): Promise<void> {
  if (rows.length < COPIED) return insertAsJson(trx, name, table, rows, sql``);
  await copy(trx, name.compile(trx).sql, table, rows);
}

async function copy(trx: Tx, into: string, table: Table, rows: readonly Row[]): Promise<void> {
  const columns = Object.keys(table.columns);
  const types = columns.map((column) => table.columns[column]!);
  for (const lines of inPieces(rows, (row) => copyText(columns, types, row)))
    await trx.copyFrom(`${into} (${list(columns)})`, lines.join(''));
}

async function insertAsJson(
  trx: Tx,
  name: RawBuilder<unknown>,
  table: Table,
  rows: readonly Row[],
  conflict: RawBuilder<unknown>,
): Promise<void> {
  const columns = Object.keys(table.columns);
  for (const json of inPieces(rows, asJson))
    await sql`insert into ${name} (${sql.raw(list(columns))})
      select ${sql.raw(list(columns))} from ${recordset(json, table, columns)} ${conflict}`.execute(trx);
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
  for (const json of inPieces(keys, asJson)) {
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
  for (const json of inPieces(keys, asJson))
    await sql`delete from ${name} t using ${recordset(json, table, by)} where ${same(by)}`.execute(trx);
}

const recordset = (json: readonly string[], table: Table, columns: readonly string[]): RawBuilder<unknown> =>
  sql`json_to_recordset(${`[${json.join(',')}]`}::json) as r(${sql.raw(columnsOf(table, columns))})`;

const columnsOf = (table: Table, columns: readonly string[]): string =>
  columns.map((column) => `${quoted(column)} ${table.columns[column]!.replace(' not null', '')}`).join(', ');

const same = (columns: readonly string[]): RawBuilder<unknown> =>
  sql.raw(columns.map((column) => `t.${quoted(column)} = r.${quoted(column)}`).join(' and '));

const quoted = (name: string): string => `"${name}"`;
const list = (names: readonly string[]): string => names.map(quoted).join(', ');

/** A value of Postgres ends at 1 GB; memory much earlier. */
const PIECE = 8_000_000;

/** The rows as text, some at a time. */
function* inPieces(rows: readonly Row[], write: (row: Row) => string): Iterable<readonly string[]> {
  let piece: string[] = [];
  let size = 0;
  for (const row of rows) {
    const text = write(row);
    if (size > 0 && size + text.length > PIECE) {
      yield piece;
      piece = [];
      size = 0;
    }
    piece.push(text);
    size += text.length;
  }
  if (piece.length > 0) yield piece;
}
