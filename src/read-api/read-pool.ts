import pg from 'pg';
import type { Logger } from 'pino';

/**
 * The query API's connections to Postgres. No request waits longer than `timeoutMs` for a connection, nor for an
 * answer, also when Postgres hangs; and nothing that goes through here can write.
 *
 * Both limits matter: `statement_timeout` ends the work inside Postgres, `query_timeout` ends our waiting when
 * nobody is there to do so. A pooler in front (PgBouncer) must let `statement_timeout` and `options` through.
 */
export function createReadPool(
  databaseUrl: string,
  { logger, max = 10, timeoutMs = 5000 }: { logger?: Pick<Logger, 'warn'>; max?: number; timeoutMs?: number } = {},
): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: 'call-ledger read-api',
    max,
    connectionTimeoutMillis: timeoutMs,
    statement_timeout: timeoutMs,
    query_timeout: timeoutMs + 500,
    idle_in_transaction_session_timeout: timeoutMs,
    options: '-c default_transaction_read_only=on',
    keepAlive: true,
  });
  // An idle connection that breaks is replaced at the next query. Without a listener it would end the process.
  // One that breaks while a query holds it has nobody listening: that query rejects, and this keeps the process alive.
  pool.on('connect', (client) => client.on('error', () => {}));
  pool.on('error', (error: Error & { code?: string }) => logger?.warn({ code: error.code }, 'read_connection_lost'));
  return pool;
}
