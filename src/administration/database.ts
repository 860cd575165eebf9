import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { prepare } from '../projections/engine/generations.ts';

/** Where what operators request is written down: the query API's own connections cannot write. */
export type OperationsDatabase = {
  /** With the tables there, whether or not a projection has run on this database yet. Rejects when it does not answer. */
  ready(): Promise<Kysely<unknown>>;
  close(): Promise<void>;
};

const LIMIT_MS = 5000;

export function openOperationsDatabase(databaseUrl: string): OperationsDatabase {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: 'call-ledger administration',
    max: 2,
    connectionTimeoutMillis: LIMIT_MS,
    statement_timeout: LIMIT_MS,
    query_timeout: LIMIT_MS + 500,
  });
  // One that breaks is replaced at the next query; without a listener it would end the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  pool.on('error', () => {});
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  let prepared: Promise<void> | undefined;
  return {
    async ready() {
      prepared ??= prepare(db).catch((error) => {
        prepared = undefined;
        throw error;
      });
      await prepared;
      return db;
    },
    close: () => db.destroy(),
  };
}
