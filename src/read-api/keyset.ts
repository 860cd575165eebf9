import { z } from '@hono/zod-openapi';
import { type Kysely, type RawBuilder, type SelectQueryBuilder, sql } from 'kysely';
import { limitParameter, only } from '../http/parameters.ts';
import { isStorable } from '../model/ids.ts';
import type { ReadModel } from '../projections/tables.ts';

/** By how much an item usually becomes known before its own time, or after it. */
type Usually = { readonly sooner: `${number} hours`; readonly later: `${number} hours` };

/**
 * Parts of a list, in its order, for a period of the items' own times. Most became known near the period; small indexes
 * find those that came unusually late or soon.
 */
export function partsOf(
  column: 'started_at' | 'starts_at',
  { from, to, order }: { readonly from?: Date | undefined; readonly to?: Date | undefined; readonly order: Order },
  { sooner, later }: Usually,
): readonly RawBuilder<boolean>[] {
  // For recent periods one walk from the end is faster than planning three parts.
  const isAtTheEnd =
    order === 'oldest' ? from === undefined : to === undefined || to.getTime() > Date.now() - RECENT_MS;
  if (isAtTheEnd) return [sql`true`];
  const [time, known] = [sql.ref(column), sql.ref('created_at')];
  const hours = (text: string) => sql`interval ${sql.lit(text)}`;
  const end = to && sql`${to}::timestamptz + ${hours(later)}`;
  const begin = from && sql`${from}::timestamptz - ${hours(sooner)}`;
  const usual = [begin && sql`${known} >= ${begin}`, end && sql`${known} < ${end}`].filter(
    (bound) => bound !== undefined,
  );
  const parts = [
    end && sql<boolean>`${known} >= ${end} and ${known} - ${time} > ${hours(later)}`,
    sql<boolean>`${sql.join(usual, sql` and `)}`,
    begin && sql<boolean>`${known} < ${begin} and ${time} - ${known} > ${hours(sooner)}`,
  ].filter((part) => part !== undefined);
  return order === 'oldest' ? parts.reverse() : parts;
}

const RECENT_MS = 24 * 3_600_000;

const orders = ['newest', 'oldest'] as const;
type Order = (typeof orders)[number];

/** Where a page ends: the last item's place in the order of the list, which is absent where the newest come first. */
const Place = z.tuple([
  z.iso.datetime({ precision: 6 }),
  z.string().max(600).refine(isStorable),
  z.literal('oldest').optional(),
]);
type Place = z.infer<typeof Place>;

const encode = (place: Place): string => Buffer.from(JSON.stringify(place)).toString('base64url');

function decode(cursor: string): Place | undefined {
  try {
    const place = Place.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
    return place[0].startsWith('0000') ? undefined : place; // ISO 8601 has such a year, Postgres has not
  } catch {
    return undefined;
  }
}

/**
 * The parameters of every list. The cursor holds a place and no right: what it leads to is still only what the
 * caller's tenant and the other parameters let through.
 */
const paging = {
  order: z.enum(orders).default('newest').openapi({
    description: '`newest`: by `createdAt` descending, then `id`; `oldest`: exactly the other way round.',
  }),
  limit: limitParameter,
  cursor: z
    .string()
    .max(4000)
    .transform((text, context) => {
      const place = decode(text);
      if (place === undefined) context.addIssue({ code: 'custom', message: 'must be a nextCursor of this list' });
      return place ?? z.NEVER;
    })
    .optional()
    .openapi({ type: 'string', description: 'The `nextCursor` of the page before, with the same other parameters.' }),
};
export type Paging = { readonly limit: number; readonly order: Order; readonly cursor?: Place | undefined };

/** The parameters of a list: its own, and those of every list. A cursor goes on in the order that it came from. */
export const listParameters = <S extends z.ZodRawShape>(own: S) =>
  only({ ...own, ...paging }).superRefine((query, context) => {
    const { order, cursor } = query as Pick<Paging, 'order' | 'cursor'>;
    if (cursor === undefined || (cursor[2] ?? 'newest') === order) return;
    const message = `is a nextCursor of order=${cursor[2] ?? 'newest'}; the pages of a list have one order`;
    context.addIssue({ code: 'custom', path: ['cursor'], message });
  });

/** `{items, nextCursor}` of a list; `nextCursor` is null at the end. */
export const pageSchema = <T extends z.ZodType>(item: T, name: string) =>
  z
    .object({
      items: z.array(item),
      nextCursor: z.string().nullable().openapi({ description: 'Opaque; null when this is the last page.' }),
    })
    .openapi(name);

/** A page ends with the item at which its large columns add up to this. */
const PAGE_BYTES = 8 * 1024 * 1024;
/** What is compressed to less than this is read to find its size; of anything larger the worst is assumed. */
const READ_BYTES = 16 * 1024;
/** How many bytes one compressed byte may become at most, by either of Postgres' methods. */
const EXPANSION = 255;

/** How large a text is, which Postgres knows without reading it. */
export const sizeOfText = (column: string) => sql`coalesce(octet_length(${sql.ref(column)}), 0)`;

/** How large a value of another type is at most. */
export const sizeOf = (column: string) => {
  const value = sql.ref(column);
  return sql`coalesce(case
    when pg_column_compression(${value}) is null then pg_column_size(${value})
    when pg_column_size(${value}) <= ${sql.lit(READ_BYTES)} then octet_length(${value}::text)
    else pg_column_size(${value}) * ${sql.lit(EXPANSION)}::bigint end, 0)`;
};

/**
 * A page of a list, after an item instead of at a number, so that changes between pages repeat and hide nothing. It ends
 * early, but never empty, when `large` adds up to too much.
 */
export async function pageOf<TB extends keyof ReadModel, Row extends { id: string; created_at: Date }>(
  db: Kysely<ReadModel>,
  query: SelectQueryBuilder<ReadModel, TB, Row>,
  { limit, order, cursor }: Paging,
  large: readonly RawBuilder<unknown>[] = [],
  parts: readonly RawBuilder<boolean>[] = [sql`true`],
): Promise<{ rows: Row[]; nextCursor: string | null }> {
  const createdAt = sql.ref('created_at');
  const id = sql.ref('id');
  // To the microsecond: a JavaScript Date would cut it, and items of the same millisecond would repeat or get lost.
  const place = sql<string>`to_char(${createdAt} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
  const isOldest = order === 'oldest';
  const [beyond, behind] = isOldest ? [sql`>`, sql`<`] : [sql`<`, sql`>`];
  const inOrder = isOldest ? sql`created_at, id desc` : sql`created_at desc, id`;
  const after = cursor
    ? // The index finds the page's begin by the lone `<=`; the rest sorts out the ties.
      sql<boolean>`${createdAt} ${beyond}= ${cursor[0]}::timestamptz
        and (${createdAt} ${beyond} ${cursor[0]}::timestamptz or ${id} ${behind} ${cursor[1]})`
    : sql<boolean>`true`;
  const wanted = limit + 1; // one more shows whether there is a next page
  const names = parts.map((_, i) => sql.ref(`part_${i}`));
  const candidates = parts.map((part, i) => {
    const first = query
      .select(place.as('place'))
      .where(part)
      .where(after)
      .orderBy(createdAt, isOldest ? 'asc' : 'desc')
      .orderBy(id, isOldest ? 'desc' : 'asc')
      .limit(wanted);
    const found = names.slice(0, i).map((name) => sql` - (select count(*) from ${name})`);
    // The limit within is one that the planner knows.
    return sql`${names[i]} as (select * from ${first} as part limit ${wanted}${sql.join(found, sql``)})`;
  });
  const bytes = sql.join([sql.lit(0), ...large], sql` + `);
  const { rows } = await sql<Row & { place: string; candidates: number }>`
    with ${sql.join(candidates)}
    select * from (
      select page.*, count(*) over ()::int as candidates,
        sum(${bytes}) over (order by ${inOrder} rows between unbounded preceding and 1 preceding) as before
      from (${sql.join(
        names.map((name) => sql`select * from ${name}`),
        sql` union all `,
      )}) as page
    ) as measured
    where before is null or before < ${PAGE_BYTES}
    order by ${inOrder}
    limit ${limit}`.execute(db);
  const last = rows.at(-1);
  const isAll = last === undefined || rows.length === last.candidates;
  return { rows, nextCursor: isAll ? null : encode(isOldest ? [last.place, last.id, order] : [last.place, last.id]) };
}
