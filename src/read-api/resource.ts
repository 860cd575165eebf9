import { z } from '@hono/zod-openapi';
import { type FieldOf, fieldsOf, type ReadModel } from '../projections/tables.ts';

/** A time as this API writes all of them. */
export const instant = z.iso.datetime({ precision: 3 });

/** What has been read of a row. The driver makes a `Date` of an instant; inside of JSON it is text. */
export type Stored<Row> = { readonly [K in keyof Row]?: Row[K] | (Date extends Row[K] ? string : never) };

/**
 * Makes JSON of a view's rows: the fields of the schema in its order, each from its column. What the schema does not
 * allow is absent: null mostly, and false of a mark that is only ever true.
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
