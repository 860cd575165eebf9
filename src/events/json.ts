import type { z } from 'zod';

/** A JSON value; everything stored in the log is one. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

/** An object that is to become JSON, which leaves out what is undefined. */
export type JsonFields = { readonly [key: string]: JsonField };
type JsonField = Json | undefined | readonly JsonField[] | JsonFields;

/** The events of which these are the schemas: each type with its data. */
export type EventOf<Schemas extends Readonly<Record<string, z.ZodType>>> = {
  readonly [T in keyof Schemas]: { readonly type: T; readonly data: z.infer<Schemas[T]> };
}[keyof Schemas];

/** What is undefined in the fields is absent. */
export type Present<Fields> = {
  readonly [K in keyof Fields as undefined extends Fields[K] ? never : K]: Fields[K];
} & { readonly [K in keyof Fields as undefined extends Fields[K] ? K : never]?: Exclude<Fields[K], undefined> };

/** The fields as the log, digests and answers have them: without those that are undefined. */
export function definedFields<Fields extends object>(fields: Fields): Present<Fields> {
  const defined: Record<string, unknown> = {};
  for (const name in fields) if (fields[name] !== undefined) defined[name] = fields[name];
  return defined as Present<Fields>;
}

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
