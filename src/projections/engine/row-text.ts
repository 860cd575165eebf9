/** What `JSON.stringify` writes for characters that Postgres cannot hold; and any other escape, so as not to begin inside one. */
const ESCAPES = /\\(?:u0000|ud[89a-f][0-9a-f]{2}|.)/g;

const storable = (written: string): string =>
  written === '\\u0000' || written.startsWith('\\ud') ? '\ufffd' : written;

/** JSON text that Postgres accepts: NUL and lone surrogates become U+FFFD. Every value of a read model passes here. */
export function asJson(value: unknown): string {
  const json = JSON.stringify(value);
  return json.includes('\\u0000') || json.includes('\\ud') ? json.replace(ESCAPES, storable) : json;
}

/**
 * A row as a line of COPY's text format (PostgreSQL manual, "COPY", File Formats). What Postgres cannot hold is replaced
 * as in `asJson`: NUL here, lone surrogates where the text becomes UTF-8.
 */
export function copyText(
  columns: readonly string[],
  types: readonly string[],
  row: Readonly<Record<string, unknown>>,
): string {
  let line = '';
  for (let i = 0; i < columns.length; i++) {
    if (i > 0) line += '\t';
    line += fieldOf(row[columns[i]!], types[i]!);
  }
  return `${line}\n`;
}

const NULL = '\\N';

function fieldOf(value: unknown, type: string): string {
  if (value === undefined || value === null) return NULL;
  if (type.startsWith('json')) return asJson(value).replaceAll('\\', '\\\\'); // JSON has no other of the special ones
  if (typeof value === 'string') return escaped(value);
  if (Array.isArray(value)) return escaped(arrayOf(value));
  if (value instanceof Date) return value.toJSON() ?? NULL; // as in JSON: `String` writes what Postgres does not read
  if (typeof value === 'number' && !Number.isFinite(value)) return NULL; // as in JSON
  return String(value);
}

const SPECIAL = /[\\\n\r\t\0]/;

const escaped = (text: string): string =>
  SPECIAL.test(text)
    ? text
        .replaceAll('\\', '\\\\')
        .replaceAll('\n', '\\n')
        .replaceAll('\r', '\\r')
        .replaceAll('\t', '\\t')
        .replaceAll('\0', '\ufffd')
    : text;

/** An array literal of texts. */
const arrayOf = (values: readonly unknown[]): string =>
  `{${values.map((value) => `"${String(value).replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
