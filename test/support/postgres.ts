import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/embedded/postgres/start.ts';

const PREFIX = 'call-ledger-test-postgres-';

/**
 * One Postgres for a whole run of the tests: the server at TEST_DATABASE_URL (its role must be allowed to create
 * databases), or else an embedded one, gone when the run ends.
 */
export async function startTestPostgres(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const given = process.env.TEST_DATABASE_URL;
  if (given) return { url: given, stop: async () => {} };

  await removeOldRuns();
  const dataDir = await mkdtemp(join(tmpdir(), PREFIX));
  // Tests care neither for a power cut nor for a frugal number of connections, and some of them wait for a deadlock.
  const careless = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', autovacuum: 'off' };
  const settings = { ...careless, max_wal_size: '4GB', max_connections: '200', deadlock_timeout: '100ms' };
  const remove = () => rm(dataDir, { recursive: true, force: true });
  const postgres = await startEmbeddedPostgres({ dataDir, settings }).catch(async (error) => {
    await remove();
    throw error;
  });
  // Tests then use the role that the service uses, not the superuser.
  await query(postgres.adminUrl, 'ALTER ROLE call_ledger CREATEDB');
  return { url: postgres.url, stop: () => postgres.stop().then(remove) };
}

/**
 * A fresh, empty database for one test file, about as fast as one query.
 *
 * @param serverUrl of a role that may create databases; when absent, what `global-postgres.ts` provides.
 */
export async function createTestDatabase(serverUrl?: string): Promise<{ readonly url: string; drop(): Promise<void> }> {
  // Imported here because global setup, which uses this file too, runs outside of any test.
  const server = serverUrl ?? (await import('vitest')).inject('postgresUrl');
  const name = `test_${Date.now().toString(36)}_${randomBytes(6).toString('hex')}`;
  // file_copy: five times as fast as the default on a server that does not sync.
  await query(server, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8' STRATEGY file_copy`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: () => dropDatabase(server, name),
  };
}

const AUTOVACUUM_ENDS_WITHIN_MS = 30_000;

/**
 * FORCE: a test that failed may have left connections behind. It is refused (42501) to a role that is no superuser
 * while an autovacuum is at work in there, which ends by itself; and gives up (55006) where others take long to go.
 */
async function dropDatabase(server: string, name: string): Promise<void> {
  for (const limit = Date.now() + AUTOVACUUM_ENDS_WITHIN_MS; ; await sleep(100)) {
    try {
      return await query(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    } catch (error) {
      if (!['42501', '55006'].includes((error as { code?: string }).code ?? '') || Date.now() > limit) throw error;
    }
  }
}

async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

/** What killed runs have left. None takes an hour. */
async function removeOldRuns(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue;
    const path = join(tmpdir(), name);
    const age = Date.now() - (await stat(path).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
    // Another user's is theirs to remove.
    if (age > 3_600_000) await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}
