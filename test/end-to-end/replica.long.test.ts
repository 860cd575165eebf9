import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clusterIn, readAddresses } from '../../src/embedded/postgres/cluster.ts';
import { startEmbeddedPostgres } from '../../src/embedded/postgres/start.ts';
import { apiKeyFrom, type Client, clientOf } from '../support/client.ts';
import { freePort } from '../support/free-port.ts';
import { type HostedStore, startHostedStore } from '../support/hosted-store.ts';
import { dataDirectory, eventually } from '../support/service.ts';
import { startServiceHere } from '../support/service-here.ts';

// A primary and its hot standby: one process writes where it can, the other one only serves, and shows the standby.

const KEY = 'key_0123456789abcdef';
const ADMIN = 'admin_0123456789abcdef';
type Postgres = Awaited<ReturnType<typeof startEmbeddedPostgres>>;
let directory: Awaited<ReturnType<typeof dataDirectory>>;
let primary: Postgres;
let standby: Postgres;
let node: HostedStore;
let writing: Client;
let serving: Client;
const cleanUp: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  directory = await dataDirectory();
  cleanUp.push(directory.remove);
  const [first, second] = [`${directory.path}/first`, `${directory.path}/second`];
  const settings = { wal_level: 'replica', max_wal_senders: '3', fsync: 'off', hot_standby: 'on' };
  await (await startEmbeddedPostgres({ dataDir: first, settings })).stop();
  // With its owner, which is not root.
  await promisify(execFile)('cp', ['-a', first, second]);
  await promisify(execFile)('cp', ['-p', `${clusterIn(first)}/PG_VERSION`, `${clusterIn(second)}/standby.signal`]);
  const port = await freePort();
  const { adminUrl } = (await readAddresses(first))(port);
  [node, primary, standby] = await Promise.all([
    startHostedStore({ dataDir: `${directory.path}/log` }),
    startEmbeddedPostgres({ dataDir: first, port, settings }),
    startEmbeddedPostgres({ dataDir: second, settings: { ...settings, primary_conninfo: adminUrl } }),
  ]);
  cleanUp.push(node.stop, primary.stop, standby.stop);

  const both = new URL(standby.url);
  const hosts = [both.host, new URL(primary.url).host].join();
  const all = standby.url.replace(both.host, hosts);
  const start = async (roles: string, databaseUrl: string) => {
    const service = await startServiceHere({
      ...{ DATA_DIR: directory.path, EVENTSTORE_URL: node.url, DATABASE_URL: databaseUrl, ROLES: roles },
      ...{ MASTER_KEY: 'master_0123456789abcdef', ADMIN_KEY: ADMIN, RETELL_WEBHOOK_SECRET: KEY },
    });
    cleanUp.push(service.stop);
    const keys: Record<string, string> = { ADMIN_KEY: ADMIN, RETELL_WEBHOOK_SECRET: KEY };
    return clientOf({ url: service.url, key: async (name) => keys[name] ?? '' });
  };
  [writing, serving] = await Promise.all([
    start('ingest,project,react', `${all}?target_session_attrs=read-write`),
    start('serve', standby.url),
  ]);
});
afterAll(async () => {
  for (const step of cleanUp.reverse()) await step();
});

const webhook = (callId: string) => ({ event: 'call_started', call: { call_id: callId, call_type: 'phone_call' } });
const isReady = async ({ request }: Client) => (await request('GET', '/health/ready', '')).status === 200;
const shows = async (callId: string, apiKey: string) =>
  (await serving.request('GET', `/api/call-sessions/call:${callId}`, apiKey)).status === 200;

test('a process that serves from the standby shows what another one writes, and says that nothing can be written there', async () => {
  const apiKey = await apiKeyFrom(writing, 'read');
  expect(await writing.post(webhook('call_before'))).toBe(204);
  await eventually(() => shows('call_before', apiKey), { what: 'the call on the standby' });
  await eventually(() => isReady(serving), { what: 'the process that serves' });
  expect((await serving.admin('GET', '/api/projections')).status).toBe(200);
  expect(await serving.admin('POST', '/api/projections/calls/rebuild')).toMatchObject({
    ...{ status: 503, body: { code: 'database_unavailable', detail: expect.stringContaining('it is a replica') } },
  });
});

test('when the standby is promoted, what has named both goes on there', async () => {
  const apiKey = await apiKeyFrom(writing, 'read');
  await primary.stop();
  const admin = new pg.Client({ connectionString: standby.adminUrl });
  await admin.connect();
  await admin.query('select pg_promote()').finally(() => admin.end());
  expect(await writing.post(webhook('call_after'))).toBe(204);
  await eventually(() => shows('call_after', apiKey), { what: 'the call after the failover' });
  await eventually(() => isReady(writing), { what: 'the process that writes' });
});
