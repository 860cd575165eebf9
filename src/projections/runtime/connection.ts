import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';

/**
 * One connection, of which the loss is told. Whoever leads holds its lock and writes its rows on the same one: without
 * the lock it cannot write. Its user must send one statement or transaction at a time.
 */
export type Connection = {
  readonly db: Kysely<unknown>;
  /** Aborted when the connection is gone. */
  readonly lost: AbortSignal;
  [Symbol.asyncDispose](): Promise<void>;
};

const CLOSING_MS = 1000;

export async function connect(databaseUrl: string, name: string): Promise<Connection> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: `call-ledger ${name}`,
    connectionTimeoutMillis: 5000,
    keepAlive: true,
    statement_timeout: 60_000,
    query_timeout: 65_000,
    idle_in_transaction_session_timeout: 60_000,
  });
  const lost = new AbortController();
  client.on('error', (error) => lost.abort(error));
  client.on('end', () => lost.abort(new Error('the connection to Postgres has ended')));
  await client.connect();
  // The server notices a dead machine by itself, and lets the next one lead.
  await client.query('set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3');
  const only = { query: client.query.bind(client), release: () => {} } as pg.PoolClient;
  const pool = { connect: async () => only, end: async () => {}, options: {} };
  return {
    db: new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) }),
    lost: lost.signal,
    async [Symbol.asyncDispose]() {
      const late = new Promise<void>((resolve) => setTimeout(resolve, CLOSING_MS).unref());
      await Promise.race([client.end().catch(() => {}), late]);
    },
  };
}
