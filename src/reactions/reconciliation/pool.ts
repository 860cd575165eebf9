import pg from 'pg';
import type { Logger } from 'pino';
import { wordsOf } from '../ticket-mail/words-of.ts';

/** The connections of a process' runs. One that breaks is replaced at the next query, whoever has it then. */
export function openPool(databaseUrl: string, logger: Pick<Logger, 'warn'>): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: 'call-ledger reconciliation',
    max: 4,
    connectionTimeoutMillis: 5000,
    statement_timeout: 60_000,
    query_timeout: 65_000,
  });
  // The pool listens to those that are idle. One that breaks between two queries of whoever holds it has nobody else
  // listening, and would end the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  pool.on('error', (error) => logger.warn({ error: wordsOf(error) }, 'reconciliation_connection_lost'));
  return pool;
}
