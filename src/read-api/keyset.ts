import { z } from '@hono/zod-openapi';
import { type SelectQueryBuilder, sql } from 'kysely';
import { limitParameter } from '../http/parameters.ts';
import { isStorable } from '../model/ids.ts';
import type { ReadModel } from '../projections/tables.ts';

/** Where a page ends: the last item's place in the order of every list, `createdAt` descending, then `id`. */
const Place = z.tuple([z.iso.datetime({ precision: 6 }), z.string().max(600).refine(isStorable)]);
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
export const paging = {
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
type Paging = { readonly limit: number; readonly cursor?: Place | undefined };

/** `{items, nextCursor}` of a list; `nextCursor` is null at the end. */
export const pageSchema = <T extends z.ZodType>(item: T, name: string) =>
  z
    .object({
      items: z.array(item),
      nextCursor: z.string().nullable().openapi({ description: 'Opaque; null when this is the last page.' }),
    })
    .openapi(name);

/**
 * One page of a list. Items that come or go between two pages neither repeat nor hide others, because a page begins
 * after an item and not at a number. An index that ends in (created_at desc, id) gives them in order, so that a page
 * costs what it holds and not what the list does.
 */
export async function pageOf<TB extends keyof ReadModel, Row extends { id: string }>(
  query: SelectQueryBuilder<ReadModel, TB, Row>,
  { limit, cursor }: Paging,
): Promise<{ rows: Row[]; nextCursor: string | null }> {
  const createdAt = sql.ref('created_at');
  const id = sql.ref('id');
  // To the microsecond: a JavaScript Date would cut it, and items of the same millisecond would repeat or get lost.
  const place = sql<string>`to_char(${createdAt} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
  const after = cursor
    ? // `<=` stands alone so that the index finds the page's begin; the rest sorts out the ties.
      sql<boolean>`${createdAt} <= ${cursor[0]}::timestamptz
        and (${createdAt} < ${cursor[0]}::timestamptz or ${id} > ${cursor[1]})`
    : sql<boolean>`true`;
  const found = await query
    .select(place.as('place'))
    .where(after)
    .orderBy(createdAt, 'desc')
    .orderBy(id)
    .limit(limit + 1) // one more tells whether there is a next page
    .execute();
  const rows = found.slice(0, limit) as (Row & { place: string })[];
  const last = rows.at(-1);
  return { rows, nextCursor: found.length > limit && last ? encode([last.place, last.id]) : null };
}
