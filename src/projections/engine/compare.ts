import { type RawBuilder, sql } from 'kysely';
import type { Row, Table, Tables } from './table.ts';

/** A row that is not the same in both generations. */
export type DifferingRow = {
  readonly table: Table;
  /** Undefined: in both. */
  readonly only?: 'live' | 'rebuilt';
  /** Those that differ; empty where only one generation has the row. */
  readonly columns: readonly string[];
  /** JSON values; 64-bit integers as text. */
  readonly live?: Row;
  readonly rebuilt?: Row;
};

type Compared = {
  readonly rows: number;
  /** Differing columns; a row that only one has counts once. */
  readonly differences: number;
  /** By key; read as far as it is iterated. */
  differing(): AsyncIterable<DifferingRow>;
};

/** Compares a table of two generations by key, in one join. Writes a temporary table of what differs. */
export async function compare(table: Table, live: Tables, rebuilt: Tables): Promise<Compared> {
  const { trx } = rebuilt;
  const differing = sql.id(`differing_${table.name}`);
  const others = Object.keys(table.columns).filter((column) => !table.key.includes(column));
  const differs = new Map(others.map((column) => [column, sql.raw(differ(column, table.columns[column]!))]));
  const [first] = table.key.map((column) => sql.id(column));
  const keys = table.key.map((column) => sql.id(column));
  const names = [...differs].map(([column, it]) => sql`case when ${it} then ${sql.lit(column)} end`);
  await sql`create temporary table ${differing} on commit drop as
    select ${sql.join(keys.map((key) => sql`coalesce(l.${key}, r.${key}) as ${key}`))},
           case when r.${first} is null then 'live' when l.${first} is null then 'rebuilt' end as only_in,
           array_remove(array[${sql.join(names)}]::text[], null) as differing_columns
      from ${sql.raw(live.nameOf(table))} l full join ${sql.raw(rebuilt.nameOf(table))} r on ${same(keys, sql`l`, sql`r`)}
     where l.${first} is null or r.${first} is null
        or ${differs.size > 0 ? sql.join([...differs.values()], sql` or `) : sql`false`}`.execute(trx);
  const { rows } = await sql<{ rebuilt: string; extra: string; differences: string }>`
    select (select count(*) from ${sql.raw(rebuilt.nameOf(table))}) as rebuilt, count(*) filter (where only_in = 'live') as extra,
           coalesce(sum(case when only_in is null then cardinality(differing_columns) else 1 end), 0) as differences
      from ${differing}`.execute(trx);
  const counted = rows[0]!;
  return {
    rows: Number(counted.rebuilt) + Number(counted.extra),
    differences: Number(counted.differences),
    differing: () => read(table, differing, live, rebuilt),
  };
}

/** `json` has no equality; comparing the text first spares parsing most values. */
function differ(column: string, type: string): string {
  const [l, r] = [`l."${column}"`, `r."${column}"`];
  if (!type.startsWith('json') || type.startsWith('jsonb')) return `${l} is distinct from ${r}`;
  // jsonb does not accept these escapes, and asJson writes none.
  return `case when ${l}::text is not distinct from ${r}::text then false
    when ${l}::text ~ '${REFUSED_BY_JSONB}' then true else ${l}::jsonb is distinct from ${r}::jsonb end`;
}

const REFUSED_BY_JSONB = String.raw`(^|[^\\])(\\\\)*\\u(0000|[dD][89a-fA-F])`;

const same = (keys: readonly RawBuilder<unknown>[], a: RawBuilder<unknown>, b: RawBuilder<unknown>) =>
  sql.join(
    keys.map((key) => sql`${a}.${key} = ${b}.${key}`),
    sql` and `,
  );

/** Rows with transcripts are large. */
const AT_ONCE = 50;

async function* read(
  table: Table,
  differing: RawBuilder<unknown>,
  live: Tables,
  rebuilt: Tables,
): AsyncGenerator<DifferingRow> {
  const columns = Object.entries(table.columns);
  const keys = table.key.map((column) => sql.id(column));
  const values = (side: 'l' | 'r') =>
    columns.map(([column, type], i) => {
      const value = sql`${sql.raw(side)}.${sql.id(column)}`;
      return sql`to_json(${type.startsWith('bigint') ? sql`${value}::text` : value}) as ${sql.id(`${side}${i}`)}`;
    });
  const rowOf = (side: 'l' | 'r', found: Row): Row =>
    Object.fromEntries(columns.map(([column], i) => [column, found[`${side}${i}`]]));
  for (let offset = 0; ; offset += AT_ONCE) {
    const { rows } = await sql<Row & { only_in: 'live' | 'rebuilt' | null; differing_columns: string[] }>`
      select only_in, differing_columns, ${sql.join([...values('l'), ...values('r')])}
        from (select * from ${differing} order by ${sql.join(keys)} limit ${AT_ONCE} offset ${offset}) d
        left join ${sql.raw(live.nameOf(table))} l on ${same(keys, sql`l`, sql`d`)}
        left join ${sql.raw(rebuilt.nameOf(table))} r on ${same(keys, sql`r`, sql`d`)}
       order by ${sql.join(keys.map((key) => sql`d.${key}`))}`.execute(rebuilt.trx);
    for (const found of rows) {
      const only = found.only_in ?? undefined;
      yield {
        table,
        ...(only && { only }),
        columns: only ? [] : found.differing_columns,
        ...(only !== 'rebuilt' && { live: rowOf('l', found) }),
        ...(only !== 'live' && { rebuilt: rowOf('r', found) }),
      };
    }
    if (rows.length < AT_ONCE) return;
  }
}

/** A value that differs from the fold of the log, or a row that is missing or extra. */
export type Difference = {
  readonly table: string;
  readonly key: Readonly<Record<string, unknown>>;
  readonly column?: string;
  /** Instead of a column. `missing`: the log calls for it; `extra`: nothing in the log does. */
  readonly row?: 'missing' | 'extra';
  /** As JSON; long values are text, cut around where they differ. */
  readonly live?: unknown;
  readonly rebuilt?: unknown;
  /** The first facts that the row rests on, in the order of the log. */
  readonly facts: readonly BehindFact[];
};

export type BehindFact = { readonly stream: string; readonly position: string; readonly type: string };

/** A difference without its facts yet, and the streams to read them from. */
export type Noted = Omit<Difference, 'facts'> & { readonly streams: readonly string[] };

export function notesOf({ table, only, columns, live, rebuilt }: DifferingRow, streams: readonly string[]): Noted[] {
  const some = rebuilt ?? live!;
  const about = { table: table.name, key: Object.fromEntries(table.key.map((column) => [column, some[column]])) };
  if (only === 'live') return [{ ...about, row: 'extra', live: parting(live, undefined)[0], streams }];
  if (only === 'rebuilt') return [{ ...about, row: 'missing', rebuilt: parting(rebuilt, undefined)[0], streams }];
  return columns.map((column) => {
    const [one, other] = parting(live![column], rebuilt![column]);
    return { ...about, column, live: one, rebuilt: other, streams };
  });
}

const LONG = 400;
const BEFORE = 80;

/** Two values for a person to compare: whole when short, else as text from shortly before where they differ. */
function parting(live: unknown, rebuilt: unknown): readonly [unknown, unknown] {
  const [one, other] = [live, rebuilt].map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
  if (Math.max(one?.length ?? 0, other?.length ?? 0) <= LONG) return [live, rebuilt];
  let at = 0;
  if (one !== undefined && other !== undefined) while (at < one.length && one[at] === other[at]) at++;
  const start = Math.max(0, at - BEFORE);
  const cut = (value: unknown, text: string | undefined) =>
    text === undefined || value === null ? value : excerpt(text, start);
  return [cut(live, one), cut(rebuilt, other)];
}

const excerpt = (text: string, start: number): string =>
  `${start > 0 ? '…' : ''}${text.slice(start, start + LONG)}${start + LONG < text.length ? '…' : ''}`;
