/** A JSON value; everything stored in the log is one. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

/** An object that is to become JSON, which leaves out what is undefined. */
export type JsonFields = { readonly [key: string]: JsonField };
type JsonField = Json | undefined | readonly JsonField[] | JsonFields;

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
