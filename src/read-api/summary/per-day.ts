import { type Kysely, type RawBuilder, type SelectQueryBuilder, sql } from 'kysely';
import type { ReadModel } from '../../projections/tables.ts';
import type { Day } from '../days.ts';

/** How many there are of a kind, by outcome and direction where it has them. */
export type Count = {
  readonly kind: string;
  readonly status: string | null;
  readonly direction: string | null;
  readonly count: number;
};

/** Whether a time lies in the day for which a query of `countPerDay` is asked. */
export const inDay = (time: RawBuilder<unknown>) => sql<boolean>`${time} >= day.begins and ${time} < day.ends`;

/**
 * What each query counts in each day; `day` is the number of the day in the list. One statement, and so one snapshot, in
 * which each day is a range of an index: a third faster than to find the day of each row.
 */
export async function countPerDay<TB extends keyof ReadModel>(
  db: Kysely<ReadModel>,
  days: readonly Day[],
  queries: readonly SelectQueryBuilder<ReadModel, TB, Count>[],
): Promise<readonly (Count & { readonly day: number })[]> {
  const [begins, ends] = [days.map(({ from }) => from), days.map(({ to }) => to)];
  const counts = queries.map(
    (query) => sql`select day.n::int - 1 as day, counted.*
      from unnest(${begins}::timestamptz[], ${ends}::timestamptz[]) with ordinality as day (begins, ends, n)
        cross join lateral ${query} as counted`,
  );
  const all = sql<Count & { day: number }>`${sql.join(counts, sql` union all `)}`;
  return (await all.execute(db)).rows;
}
