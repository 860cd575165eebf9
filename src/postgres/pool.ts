import pg from 'pg';
import type { Logger } from 'pino';

const CONNECT_MS = 5000;

export type PoolOptions = {
  /** Shown by Postgres in its list of connections. */
  readonly name: string;
  readonly max: number;
  readonly connectMs?: number;
  /** How long an answer is waited for. */
  readonly statementMs: number;
  readonly readOnly?: boolean;
  /** Called with what broke an idle connection. */
  readonly onLost?: (error: Error & { code?: string }) => void;
};

/** Limits both ends: Postgres ends a long statement, and we stop waiting when Postgres hangs. */
export function createPool(databaseUrl: string, options: PoolOptions): pg.Pool {
  const { name, max, connectMs = CONNECT_MS, statementMs, readOnly = false, onLost } = options;
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: `call-ledger ${name}`,
    max,
    connectionTimeoutMillis: connectMs,
    // A pooler in front (PgBouncer) must let `statement_timeout` and `options` through.
    statement_timeout: statementMs,
    query_timeout: statementMs + 500,
    idle_in_transaction_session_timeout: statementMs,
    ...(readOnly && { options: '-c default_transaction_read_only=on' }),
    keepAlive: true,
  });
  // A broken connection is replaced at the next query; an error without a listener would end the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  pool.on('error', (error) => onLost?.(error));
  return pool;
}

type ReadPoolOptions = { logger?: Pick<Logger, 'warn'>; max?: number; timeoutMs?: number };

/** The query API's connections: none waits longer than `timeoutMs`, and none can write. */
export const createReadPool = (
  databaseUrl: string,
  { logger, max = 10, timeoutMs = 5000 }: ReadPoolOptions = {},
): pg.Pool =>
  createPool(databaseUrl, {
    ...{ name: 'read-api', max, connectMs: timeoutMs, statementMs: timeoutMs, readOnly: true },
    onLost: ({ code }) => logger?.warn({ code }, 'read_connection_lost'),
  });
