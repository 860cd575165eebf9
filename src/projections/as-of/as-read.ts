import type { Row, Table } from '../engine/table.ts';
import { asJson } from '../runtime/as-json.ts';

/** A row as it comes back from Postgres, for who has made one and shows it without having stored it. */
export function asRead(table: Table, row: Row): Record<string, unknown> {
  const stored = JSON.parse(asJson(row)) as Record<string, unknown>;
  const read: Record<string, unknown> = {};
  for (const [column, type] of Object.entries(table.columns)) {
    const value = stored[column] ?? null;
    if (value === null) read[column] = null;
    else if (type.startsWith('timestamptz')) read[column] = new Date(value as string);
    else if (type.startsWith('jsonb')) read[column] = inOrderOfJsonb(value);
    else read[column] = value;
  }
  return read;
}

/** jsonb keeps the keys of an object by their length in bytes, then by their bytes. */
function inOrderOfJsonb(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrderOfJsonb);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [Buffer.from(key), key, inOrderOfJsonb(inner)] as const);
  entries.sort(([a], [b]) => a.length - b.length || a.compare(b));
  return Object.fromEntries(entries.map(([, key, inner]) => [key, inner]));
}
