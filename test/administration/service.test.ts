import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callLedger } from '../cli/command.ts';
import { freePort } from '../support/free-port.ts';
import { type HostedStore, startHostedStore } from '../support/hosted-store.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { eventually } from '../support/service.ts';
import { type ServiceHere, startServiceHere } from '../support/service-here.ts';

const ADMIN_KEY = 'admin-key-of-the-tests';

let dataDir: string;
let store: HostedStore;
let database: Awaited<ReturnType<typeof createTestDatabase>>;
const services: ServiceHere[] = [];
const start = async (roles: string, more: Readonly<Record<string, string>> = {}) => {
  const keys = { ADMIN_KEY, MASTER_KEY: 'master-key-of-the-tests', RETELL_WEBHOOK_SECRET: 'webhook-key-of-the-tests' };
  const service = await startServiceHere({
    ...{ EVENTSTORE_URL: store.url, DATABASE_URL: database.url, ROLES: roles, ...keys },
    ...more,
  });
  services.push(service);
  return service;
};
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'call-ledger-administration-'));
  [store, database] = await Promise.all([startHostedStore({ dataDir }), createTestDatabase()]);
});
afterAll(async () => {
  await Promise.all(services.map((service) => service.stop()));
  await store.stop();
  await database.drop();
  await rm(dataDir, { recursive: true, force: true });
});

test('what one process accepts another one carries out, and one without Postgres says where to ask', async () => {
  const [door, serving] = await Promise.all([start('ingest', { DATABASE_URL: '' }), start('serve')]);
  const cli = (service: ServiceHere, ...args: string[]) =>
    callLedger(['--url', service.url, '--admin-key', ADMIN_KEY, 'projections', ...args]);
  const refused = await cli(door, 'list');
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('role project, serve or react')]);

  // The path answers PUT here, and GET elsewhere.
  const elsewhere = await fetch(`${door.url}/api/appointments/a`);
  expect([elsewhere.status, await elsewhere.json()]).toEqual([404, expect.objectContaining({ code: 'role_not_here' })]);

  const requested = await cli(serving, 'rebuild', 'tickets', '--no-wait', '--json');
  const { operationId } = requested.json();
  const projecting = await start('project', { GENERATION_KEEP_HOURS: '0' });
  const answer = async (path: string) =>
    (await fetch(`${serving.url}${path}`, { headers: { authorization: `Bearer ${ADMIN_KEY}` } })).json();
  await eventually(
    async () => ((await answer(`/api/operations/${operationId}`)) as { state: string }).state === 'succeeded',
  );
  type Item = { name: string; generation: number; previous?: object };
  const tickets = await eventually(async () => {
    const { items } = (await answer('/api/projections')) as { items: Item[] };
    const item = items.find(({ name }) => name === 'calls')!;
    return item.previous === undefined && item; // kept for no time at all
  });
  expect(tickets.generation).toBe(2);
  const back = await cli(serving, 'swap-back', 'tickets');
  expect([back.code, back.err]).toEqual([1, expect.stringContaining('no previous generation')]);
  await eventually(async () => (await fetch(`${projecting.url}/health/ready`)).ok);
}, 150_000);

test('each answer of each role has the id of its request, which the lines of the log that it wrote have too', async () => {
  const service = await start('ingest,serve');
  const ask = async (path: string, init?: RequestInit) => {
    const answer = await fetch(`${service.url}${path}`, init);
    await answer.body?.cancel();
    return answer.headers.get('x-request-id');
  };
  const paths = ['/health/live', '/metrics', '/docs', '/openapi.json', '/api/call-sessions', '/nowhere'];
  for (const path of paths) expect(await ask(path), path).toMatch(/^[0-9a-f-]{36}$/);
  const { headers } = await fetch(`${service.url}/api/call-sessions`, {
    headers: { origin: 'https://elsewhere.example' },
  });
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]); // docs/clients.md
  const posted = { method: 'POST', headers: { 'x-request-id': 'mine-1' }, body: '{}' };
  expect(await ask('/api/webhooks/retell', posted)).toBe('mine-1');
  await eventually(async () => service.logs.some((line) => line.includes('"request_id":"mine-1"')));
});

test('guesses at keys are noticed, of a key of the other kind it is said what it is, and connections have an end', async () => {
  const service = await start('ingest', { MAX_CONNECTIONS: '40' });
  const ask = (path: string, key: string, method = 'GET') =>
    fetch(`${service.url}${path}`, { method, headers: { authorization: `Bearer ${key}` } });
  for (let n = 0; n < 61; n++) await (await ask('/api/tenants', `guess-${n}`)).arrayBuffer();
  await eventually(async () => service.logs.some((line) => line.includes('"reason":"keys_guessed"')));
  const other = await ask('/api/call-sessions/a/archive', ADMIN_KEY, 'POST');
  const detail = expect.stringMatching(/^This is an admin key\./);
  expect([other.status, await other.json()]).toMatchObject([401, { detail }]);
  const { port, hostname } = new URL(service.url);
  const sockets = Array.from({ length: 50 }, () => connect(Number(port), hostname).on('error', () => {}));
  await Promise.any(sockets.map((socket) => once(socket, 'close')));
  for (const socket of sockets) socket.destroy();
});

test('metrics can have a port of their own, and are nowhere else then', async () => {
  const port = String(await freePort());
  const service = await start('ingest', { METRICS_PORT: port });
  expect((await fetch(`${service.url}/metrics`)).status).toBe(404);
  expect(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).toContain('call_ledger_http_request_seconds');
});

test('docs/metrics.md names every metric of a process with all roles, and none that is not there', async () => {
  const service = await start('ingest,project,serve,react');
  const text = await (await fetch(`${service.url}/metrics`)).text();
  const measured = [...text.matchAll(/^# HELP (call_ledger_\w+)/gm)].map(([, name]) => name!);
  const page = await readFile(join(import.meta.dirname, '../../docs/metrics.md'), 'utf8');
  const documented = page.split('\n').flatMap((line) => {
    const [, names = ''] = line.split('|');
    return [...names.matchAll(/`(call_ledger_\w+)`/g)].map(([, name]) => name!);
  });
  expect(documented.toSorted()).toEqual(measured.toSorted());
  // Each label that a metric has here is named in its row.
  const rows = page.split('\n').map((line) => line.split('|'));
  const labelsOf = (name: string) => rows.find(([, names = '']) => names.includes(`\`${name}\``))?.[2] ?? '';
  const unnamed = [...text.matchAll(/^(call_ledger_\w+)\{(.*)\} /gm)].flatMap(([, sample, labels]) => {
    const name = measured.find((one) => sample!.replace(/_(bucket|sum|count)$/, '') === one) ?? sample!;
    const has = [...labels!.matchAll(/(\w+)="/g)].map(([, label]) => label!);
    return has.filter((label) => label !== 'le' && !labelsOf(name).includes(`\`${label}\``)).map((l) => `${name} ${l}`);
  });
  expect([...new Set(unnamed)]).toEqual([]);
  expect(text).toMatch(/^call_ledger_\w+\{/m);
  expect(text).toMatch(/^call_ledger_build_info\{version="\d+\.\d+\.\d+"\} 1$/m);
  expect(text).toMatch(/^call_ledger_store_up\{store="event_store"\} 1$/m);
  expect(text).toMatch(/^call_ledger_store_up\{store="postgres"\} 1$/m);
});
