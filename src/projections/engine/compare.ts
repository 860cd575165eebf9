import { type RawBuilder, sql } from 'kysely';
import type { Row, Table, TableName, Tx } from './table.ts';

/** A row that is not the same in both generations. */
export type DifferingRow = {
  readonly table: Table;
  /** Undefined: in both. */
  readonly only?: 'live' | 'rebuilt';
  /** Those that differ; none where only one has the row. */
  readonly columns: readonly string[];
  /** Values as JSON has them; 64-bit integers as text. */
  readonly live?: Row;
  readonly rebuilt?: Row;
};

export type Compared = {
  readonly rows: number;
  /** Differing columns; a row that only one has counts once. */
  readonly differences: number;
  /** By key. What is not asked for is not read. */
  differing(): AsyncIterable<DifferingRow>;
};

/**
 * Compares a table of two generations, as this transaction sees them: one join over both, by key. JSON is the same when
 * its values are, whatever the order of its fields. The transaction gets a temporary table of what differs.
 */
export async function compare(trx: Tx, table: Table, live: TableName, rebuilt: TableName): Promise<Compared> {
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
      from ${sql.raw(live(table))} l full join ${sql.raw(rebuilt(table))} r on ${same(keys, sql`l`, sql`r`)}
     where l.${first} is null or r.${first} is null
        or ${differs.size > 0 ? sql.join([...differs.values()], sql` or `) : sql`false`}`.execute(trx);
  const { rows } = await sql<{ rebuilt: string; extra: string; differences: string }>`
    select (select count(*) from ${sql.raw(rebuilt(table))}) as rebuilt, count(*) filter (where only_in = 'live') as extra,
           coalesce(sum(case when only_in is null then cardinality(differing_columns) else 1 end), 0) as differences
      from ${differing}`.execute(trx);
  const counted = rows[0]!;
  return {
    rows: Number(counted.rebuilt) + Number(counted.extra),
    differences: Number(counted.differences),
    differing: () => read(trx, table, differing, live, rebuilt),
  };
}

/** `json` has no equality of its own. The same text is the same value, and spares the most of them being parsed. */
function differ(column: string, type: string): string {
  const [l, r] = [`l."${column}"`, `r."${column}"`];
  if (!type.startsWith('json') || type.startsWith('jsonb')) return `${l} is distinct from ${r}`;
  // An escape that jsonb does not take is none of ours: as-json.ts writes none.
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
  trx: Tx,
  table: Table,
  differing: RawBuilder<unknown>,
  live: TableName,
  rebuilt: TableName,
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
        left join ${sql.raw(live(table))} l on ${same(keys, sql`l`, sql`d`)}
        left join ${sql.raw(rebuilt(table))} r on ${same(keys, sql`r`, sql`d`)}
       order by ${sql.join(keys.map((key) => sql`d.${key}`))}`.execute(trx);
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
