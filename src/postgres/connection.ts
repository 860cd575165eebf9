import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely';
import type pg from 'pg';
import { SharedSession, sessionClient } from './session.ts';
import { type Statements, statementsOn } from './statements.ts';

export type Database = Kysely<unknown> & Statements;

/** A transaction with the two ways on which rows go in and out by the thousand. */
export type Tx = Transaction<unknown> & Statements;

/**
 * A single connection that reports its loss. The leader locks and writes on the same one: without the lock it cannot
 * write. Send one statement or transaction at a time.
 */
export type Connection = {
  readonly db: Database;
  /** Aborted when the connection is gone. */
  readonly lost: AbortSignal;
  [Symbol.asyncDispose](): Promise<void>;
};

export type ConnectOptions = {
  /** How long an answer is waited for; 0: as long as it takes. */
  readonly queryTimeoutMs?: number;
  /** Every row is found by an index. */
  readonly byKeyOnly?: boolean;
  /** How often a connection that is idle shows that its process is not frozen (mutex.ts). */
  readonly pulseMs?: number;
};

const CLOSING_MS = 1000;
const PULSE_MS = 3000;

export async function connect(
  databaseUrl: string,
  name: string,
  // Indexes over a large table take their time; a statement of ours has the limit below.
  { queryTimeoutMs = 600_000, byKeyOnly = false, pulseMs = PULSE_MS }: ConnectOptions = {},
): Promise<Connection> {
  const Client = sessionClient(databaseUrl, {
    statement_timeout: 60_000,
    idle_in_transaction_session_timeout: 60_000,
    // The server notices a dead machine by itself, and lets the next one lead.
    ...{ tcp_keepalives_idle: 5, tcp_keepalives_interval: 2, tcp_keepalives_count: 3 },
    // What a crash takes back is folded again: rows and checkpoint go together, so no commit waits for the disk.
    synchronous_commit: 'off',
    // A plan is made once, perhaps while its table was empty, when to read all of it seemed the cheapest.
    ...(byKeyOnly && { enable_seqscan: 'off', enable_hashjoin: 'off', enable_mergejoin: 'off' }),
  });
  const client = new Client({
    application_name: `call-ledger ${name}`,
    connectionTimeoutMillis: 5000,
    keepAlive: true,
    query_timeout: queryTimeoutMs,
  });
  const lost = new AbortController();
  client.on('error', (error) => lost.abort(error));
  client.on('end', () => lost.abort(new Error('the connection to Postgres has ended')));
  await client.connect();
  const pulse = setInterval(() => {
    // While it works for somebody Postgres sees that anyway.
    if ((client as { readyForQuery?: boolean }).readyForQuery !== false)
      client.checkSession().catch((error) => error instanceof SharedSession && lost.abort(error));
  }, pulseMs).unref();
  lost.signal.addEventListener('abort', () => clearInterval(pulse));
  const only = { query: client.query.bind(client), release: () => {} } as pg.PoolClient;
  const pool = { connect: async () => only, end: async () => {}, options: {} };
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  return {
    db: Object.assign(db, statementsOn(client)),
    lost: lost.signal,
    async [Symbol.asyncDispose]() {
      clearInterval(pulse);
      const late = new Promise<void>((resolve) => setTimeout(resolve, CLOSING_MS).unref());
      await Promise.race([client.end().catch(() => {}), late]);
    },
  };
}

/** Runs work in a transaction that has the connection's statements. */
export const inTransaction = <T>(db: Database, work: (trx: Tx) => Promise<T>): Promise<T> =>
  db.transaction().execute((trx) => work(withStatements(trx, db)));

export const withStatements = (trx: Transaction<unknown>, { prepared, copyFrom }: Statements): Tx =>
  Object.assign(trx, { prepared, copyFrom });

const EVERY_MS = 100;

/**
 * Until disposed, cancels over another connection what this one has Postgres do when the signal aborts: Postgres does
 * not notice that a client stopped waiting.
 */
export async function endStatements(
  { db }: Connection,
  signal: AbortSignal,
  connect: () => Promise<Connection>,
): Promise<AsyncDisposable> {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db);
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const cancelUntilOver = async () => {
    if (!until.aborted) await once(until, 'abort');
    if (over.signal.aborted) return;
    await using another = await connect();
    while (!over.signal.aborted) {
      await sql`select pg_cancel_backend(${rows[0]!.pid})`.execute(another.db);
      await sleep(EVERY_MS, undefined, { signal: over.signal }).catch(() => {});
    }
  };
  const cancelling = cancelUntilOver().catch(() => {}); // the statement then ends by itself
  return {
    async [Symbol.asyncDispose]() {
      over.abort();
      await cancelling;
    },
  };
}
