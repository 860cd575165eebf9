import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Connection } from '../engine/connection.ts';

const EVERY_MS = 100;

/**
 * Until it is disposed of, ends what a connection has Postgres do when the signal says so. Postgres does not look whether
 * anybody still waits for a long statement: it has to be told, over another connection.
 */
export async function endStatements(
  { db }: Connection,
  signal: AbortSignal,
  connect: () => Promise<Connection>,
): Promise<AsyncDisposable> {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db);
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const tell = async () => {
    if (!until.aborted) await once(until, 'abort');
    if (over.signal.aborted) return;
    await using another = await connect();
    while (!over.signal.aborted) {
      await sql`select pg_cancel_backend(${rows[0]!.pid})`.execute(another.db);
      await sleep(EVERY_MS, undefined, { signal: over.signal }).catch(() => {});
    }
  };
  const told = tell().catch(() => {}); // then it is done when its statement is
  return {
    async [Symbol.asyncDispose]() {
      over.abort();
      await told;
    },
  };
}
