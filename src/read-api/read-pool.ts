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

/**
 * Not there (08), starting, stopping, cancelled (57), out of resources (53), broken (58, XX),
 * in the way of a generation's promotion (40); not yet built (42P01, 3D).
 */
const UNAVAILABLE_STATES = /^(08|40|53|57|58|XX|3D|42P01$)/;
/** What the driver says when it got no answer; it gives no code with these. */
const DRIVER_SAYS = /^(Connection terminated|timeout |Query read timeout|Client (has|was) |Cannot use a pool)/;
const SYSTEM_CODES = /^(E[A-Z]{3,}|CONNECTION_)/;

/** Whether a query failed because the read model cannot be read now, and not because the query is wrong. */
export function isReadModelUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError) return error.errors.some(isReadModelUnavailable); // one per address tried
  if (error instanceof pg.DatabaseError) return UNAVAILABLE_STATES.test(error.code ?? '');
  const { code } = error as { code?: unknown };
  return (typeof code === 'string' && SYSTEM_CODES.test(code)) || DRIVER_SAYS.test(error.message);
}
