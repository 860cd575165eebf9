/** What `JSON.stringify` writes for characters that Postgres cannot hold; and any other escape, so as not to begin inside one. */
const ESCAPES = /\\(?:u0000|ud[89a-f][0-9a-f]{2}|.)/g;

const storable = (written: string): string =>
  written === '\\u0000' || written.startsWith('\\ud') ? '\ufffd' : written;

/**
 * JSON text that Postgres takes as text and as jsonb: NUL and lone surrogates become U+FFFD. Every value of a read
 * model goes to Postgres inside such a text, so that this is the one place where it is seen to.
 */
export function asJson(value: unknown): string {
  const json = JSON.stringify(value);
  return json.includes('\\u0000') || json.includes('\\ud') ? json.replace(ESCAPES, storable) : json;
}
