import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

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

/** How rows go in and out by the thousand. */
export type Statements = {
  readonly prepared: Prepared;
  readonly copyFrom: CopyFrom;
};

/** Runs a statement that Postgres parses and plans once per connection: the text must be one of a few. Answers the rows. */
type Prepared = <R>(text: string, values: readonly unknown[]) => Promise<R[]>;

/** Runs `copy <into> from stdin` with lines of COPY's text format, taken while Postgres reads those before. */
type CopyFrom = (into: string, lines: Iterable<string>) => Promise<void>;

/** Characters. While Postgres reads one piece, the next one is written. */
const PIECE = 64_000;

export function statementsOn(client: pg.Client): Statements {
  const names = new Map<string, string>();
  return {
    async prepared<R>(text: string, values: readonly unknown[]) {
      const name = names.get(text) ?? `s${names.size}`;
      names.set(text, name);
      const { rows } = await client.query({ name, text, values: [...values] });
      return rows as R[];
    },

    async copyFrom(into, lines) {
      const stream = client.query(copyFrom(`copy ${into} from stdin`));
      let failure: unknown;
      // After the first, nothing more may be written; a second one has nobody left to hear it.
      stream.on('error', (error) => {
        failure ??= error;
      });
      const send = async (piece: string) => {
        if (failure) throw failure;
        if (!stream.write(piece)) await once(stream, 'drain');
      };
      try {
        let piece = '';
        for (const line of lines) {
          piece += line;
          if (piece.length < PIECE) continue;
          await send(piece);
          piece = '';
        }
        await send(piece);
        if (failure) throw failure;
      } catch (error) {
        if (failure === undefined) await givenUp(stream);
        throw error;
      }
      stream.end();
      await finished(stream);
    },
  };
}

/** Postgres waits for the end of a COPY, and whatever is asked next waits for Postgres. */
async function givenUp(stream: Writable): Promise<void> {
  stream.destroy();
  await finished(stream).catch(() => {});
}
