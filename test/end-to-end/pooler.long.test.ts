import { spawn, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { clientOf } from '../support/client.ts';
import { freePort } from '../support/free-port.ts';
import { type HostedStore, startHostedStore } from '../support/hosted-store.ts';
import { poolerFor } from '../support/pooler.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { dataDirectory, eventually, spawnService } from '../support/service.ts';

// The service behind PgBouncer; where that is not installed, behind a pooler of the tests.

const isInstalled = spawnSync('pgbouncer', ['--version']).status === 0;
if (!isInstalled)
  console.warn('PgBouncer is not installed (apt-get install pgbouncer): the pooler of the tests stands in for it.');

const KEY = 'key_0123456789abcdef';
const ADMIN = 'admin_0123456789abcdef';
let directory: Awaited<ReturnType<typeof dataDirectory>>;
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let node: HostedStore;
const cleanUp: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  [directory, database] = await Promise.all([dataDirectory(), createTestDatabase(inject('postgresUrl'))]);
  node = await startHostedStore({ dataDir: `${directory.path}/log` });
});
afterAll(async () => {
  for (const step of cleanUp.reverse()) await step();
  await node.stop();
  await database.drop();
  await directory.remove();
});

async function pooler(mode: 'session' | 'transaction'): Promise<string> {
  const { url, stop } = isInstalled ? await pgBouncer(mode) : await poolerFor(database.url, mode);
  cleanUp.push(stop);
  return url;
}

/** With its defaults. It does not run as root. */
async function pgBouncer(mode: string) {
  const { hostname, port, username, password, pathname } = new URL(database.url);
  const [at, file] = [await freePort(), `${directory.path}/${mode}.ini`];
  const lines = [
    '[databases]',
    `* = host=${hostname} port=${port} user=${username} password=${password}`,
    '[pgbouncer]',
    ...['listen_addr = 127.0.0.1', `listen_port = ${at}`, 'unix_socket_dir =', 'auth_type = any'],
    ...[`pool_mode = ${mode}`, 'default_pool_size = 60'],
  ];
  await writeFile(file, lines.join('\n'));
  const child = spawn('pgbouncer', ['--quiet', file], {
    ...(process.getuid?.() === 0 && { uid: 65_534, gid: 65_534 }),
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  const url = `postgres://${username}:${password}@127.0.0.1:${at}${pathname}`;
  const answers = async () => {
    const client = new pg.Client({ connectionString: url });
    await client.connect().finally(() => client.end());
    return true;
  };
  await eventually(answers, { what: 'PgBouncer' });
  return { url, stop };
}

function start(databaseUrl: string, over: Record<string, string> = {}) {
  const service = spawnService({
    ...{ DATA_DIR: directory.path, EVENTSTORE_URL: node.url, DATABASE_URL: databaseUrl },
    ...{ MASTER_KEY: 'master_0123456789abcdef', ADMIN_KEY: ADMIN, RETELL_WEBHOOK_SECRET: KEY },
    ...over,
  });
  cleanUp.push(service.kill);
  return service;
}

const webhook = (callId: string) => ({ event: 'call_started', call: { call_id: callId, call_type: 'phone_call' } });

test('with pool_mode = session two processes work together, and one takes over from one that is killed', async () => {
  const url = await pooler('session');
  const services = [start(url), start(url)] as const;
  const [first, second] = await Promise.all(services.map(({ listening }) => listening));
  for (const at of [first, second])
    await eventually(async () => (await fetch(`${at}/health/ready`)).ok, { what: 'ready' });
  const order = {
    ...{ method: 'POST', headers: { authorization: `Bearer ${ADMIN}`, 'content-type': 'application/json' } },
    body: JSON.stringify({ scopes: ['read'] }),
  };
  const issued = (await (await fetch(`${second}/api/tenants/default/api-keys`, order)).json()) as { key: string };
  const keys = { API_KEY: issued.key, ADMIN_KEY: ADMIN, RETELL_WEBHOOK_SECRET: KEY };
  const client = await clientOf({ url: second!, key: async (name) => keys[name] });
  expect(await client.post(webhook('call_of_two'))).toBe(204);
  await client.see('/api/call-sessions/call:call_of_two');
  await services[0].kill();
  expect(await client.post(webhook('call_of_one'))).toBe(204);
  await client.see('/api/call-sessions/call:call_of_one');
});

test('with pool_mode = transaction a process ends, and says why', async () => {
  const service = start(await pooler('transaction'), { ROLES: 'serve' });
  expect(await service.exited).toBe(1);
  expect(service.logs.join('\n')).toMatch(/Call Ledger cannot start: .*Set pool_mode = session for this database/);
});
