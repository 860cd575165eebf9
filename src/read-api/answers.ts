import { z } from '@hono/zod-openapi';
import { factUnreadable, goneForGood, problemResponse } from '../http/problem.ts';
import { type FieldOf, fieldsOf, type ReadModel } from '../projections/tables.ts';
import type { AsTenant } from './tenant-reads.ts';

export const json = <T extends z.ZodType>(schema: T, description: string) => ({
  description,
  headers: {
    ETag: { schema: { type: 'string' as const }, description: 'For `If-None-Match`.' },
    'x-read-model-lag': {
      schema: { type: 'string' as const, example: '0.4' },
      description:
        'For how many seconds the log has had something that this does not show yet: `0` mostly. `unknown` while the log cannot be read.',
    },
  },
  content: { 'application/json': { schema } },
});

/** What every route of the query API may answer besides. */
export const refusals = {
  304: { description: 'Unchanged since the answer whose ETag `If-None-Match` names.' },
  400: problemResponse('`invalid_request`: a malformed or unknown parameter; `errors[]` names each.'),
  401: problemResponse('`unauthorized`: no API key, or an unknown or revoked one.'),
  403: problemResponse('`missing_scope`: the API key has no read scope.'),
  429: problemResponse("`too_many_requests`: more at once than is this tenant's share. Send fewer at once."),
  503: problemResponse(
    '`database_unavailable` or `event_store_unavailable`; `read_model_unavailable`: it has not come so far yet. Try again after `Retry-After` seconds.',
  ),
};

export const notFound = problemResponse('`not_found`: there is none with this id, or it is not yours.');

/** Of routes that take `at`. */
export const unreadable = { 409: problemResponse(`With \`at\`: ${factUnreadable}`), 410: goneForGood };

export const apiKey = [{ apiKey: [] }];

/** What every route of the query API has; a handler without `asTenant` does not compile. */
export const queryRoute = (asTenant: AsTenant, tag: string) => ({
  method: 'get' as const,
  tags: [tag],
  security: apiKey,
  middleware: asTenant,
});

/** A row as it was read: an instant is a `Date` from a column, and text inside of JSON. */
export type Stored<Row> = { readonly [K in keyof Row]?: Row[K] | (Date extends Row[K] ? string : never) };

/**
 * Makes JSON of a view's rows: the fields of the schema, each from its column. A null or false that the schema does
 * not allow is left out.
 */
export function itemMaker<T extends keyof ReadModel, S extends z.ZodRawShape>(
  view: T,
  { shape }: z.ZodObject<S> & (keyof S extends FieldOf<T> ? unknown : never),
) {
  const columnOf = new Map(fieldsOf(view).map((one) => [one.field, one]));
  const fields = Object.entries<z.core.$ZodType>(shape).map(([field, schema]) => {
    const { column, type } = columnOf.get(field)!;
    const absent = [null, false].filter((value) => !z.safeParse(schema, value).success);
    return { field, column, isInstant: type.startsWith('timestamptz'), absent };
  });
  return (row: Stored<ReadModel[T]>): z.infer<z.ZodObject<S>> => {
    const from = row as Readonly<Record<string, unknown>>;
    const item: Record<string, unknown> = {};
    for (const { field, column, isInstant, absent } of fields) {
      const value = from[column] ?? null;
      if ((value === null || value === false) && absent.includes(value)) continue;
      item[field] = isInstant && value !== null ? instantOf(value as Date | string) : value;
    }
    return item as z.infer<z.ZodObject<S>>;
  };
}

const instantOf = (stored: Date | string): string =>
  (typeof stored === 'string' ? new Date(stored) : stored).toISOString();
