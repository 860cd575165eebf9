import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

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

export function statementsOn(client: pg.ClientBase): Statements {
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
      // After the first error nothing more may be written, and a second one has no listener any more.
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
