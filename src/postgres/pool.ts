import pg from 'pg';
import type { Logger } from 'pino';
import { sessionClient } from './session.ts';

const CONNECT_MS = 5000;

type PoolOptions = {
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
    Client: sessionClient(databaseUrl, {
      statement_timeout: statementMs,
      idle_in_transaction_session_timeout: statementMs,
      ...(readOnly && { default_transaction_read_only: 'on' }),
    }),
    application_name: `call-ledger ${name}`,
    max,
    connectionTimeoutMillis: connectMs,
    query_timeout: statementMs + 500,
    keepAlive: true,
  });
  pool.on('error', (error) => onLost?.(error));
  return pool;
}

type ReadPoolOptions = { logger?: Pick<Logger, 'warn'>; max?: number; timeoutMs?: number };

/** The query API's connections, as many as it answers requests at once: none waits longer than `timeoutMs`, and none can write. */
export const createReadPool = (
  databaseUrl: string,
  { logger, max = 10, timeoutMs = 5000 }: ReadPoolOptions = {},
): pg.Pool =>
  createPool(databaseUrl, {
    ...{ name: 'read-api', max, connectMs: timeoutMs, statementMs: timeoutMs, readOnly: true },
    onLost: ({ code }) => logger?.warn({ code }, 'read_connection_lost'),
  });
