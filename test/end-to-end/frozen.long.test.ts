import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type EventStoreProcess, spawnEventStore } from '../../src/embedded/event-store/spawn.ts';
import { projections } from '../../src/projections/index.ts';
import { clientOf } from '../support/client.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { relayTo } from '../support/relay.ts';
import { dataDirectory, eventually, spawnService } from '../support/service.ts';

// What a process manager does not see: processes and stores that are there and do nothing.

const KEY = 'key_0123456789abcdef';
const ADMIN = 'admin_0123456789abcdef';
let directory: Awaited<ReturnType<typeof dataDirectory>>;
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let node: EventStoreProcess;
const services: ReturnType<typeof spawnService>[] = [];

beforeAll(async () => {
  directory = await dataDirectory();
  database = await createTestDatabase(inject('postgresUrl'));
  node = await spawnEventStore({ dataDir: `${directory.path}/log` });
});
afterAll(async () => {
  for (const service of services) await service.kill();
  await node.stop();
  await database.drop();
  await directory.remove();
});

function start(databaseUrl = database.url, eventStoreUrl = node.url) {
  const service = spawnService({
    ...{ DATA_DIR: directory.path, EVENTSTORE_URL: eventStoreUrl, DATABASE_URL: databaseUrl },
    ...{ MASTER_KEY: 'master_0123456789abcdef', ADMIN_KEY: ADMIN, RETELL_WEBHOOK_SECRET: KEY },
  });
  services.push(service);
  return service;
}

const isReady = async (url: string) => (await fetch(`${url}/health/ready`)).ok;

const clientAt = (url: string) =>
  clientOf({
    url,
    async key(name) {
      if (name !== 'API_KEY') return name === 'ADMIN_KEY' ? ADMIN : KEY;
      const headers = { authorization: `Bearer ${ADMIN}`, 'content-type': 'application/json' };
      const order = { method: 'POST', headers, body: JSON.stringify({ scopes: ['read'] }) };
      return ((await (await fetch(`${url}/api/tenants/default/api-keys`, order)).json()) as { key: string }).key;
    },
  });
const webhook = (callId: string) => ({
  ...{ event: 'call_ended', event_timestamp: Date.now() },
  call: { call_id: callId, call_type: 'phone_call', agent_id: 'agent', call_status: 'ended' },
});

test.concurrent('a leader that is frozen loses the lead, and goes on as any other when it is thawed', async () => {
  const leader = start();
  const first = await leader.listening;
  const leads = () => leader.logs.filter((line) => line.includes('"projection_leads"')).length;
  await eventually(async () => leads() === projections.length, { what: 'the leader' });
  const other = start();
  const url = await other.listening;
  await eventually(() => isReady(url), { what: 'the other' });
  const [frozen, client] = await Promise.all([clientAt(first), clientAt(url)]);

  process.kill(leader.pid, 'SIGSTOP');
  expect(await client.post(webhook('call_while_frozen'))).toBe(204);
  await client.see('/api/call-sessions/call:call_while_frozen', () => true, 40_000);
  process.kill(leader.pid, 'SIGCONT');
  expect(await frozen.post(webhook('call_after_it'))).toBe(204);
  await frozen.see('/api/call-sessions/call:call_after_it');
  await eventually(() => isReady(first), { what: 'the one that was frozen' });
}, 120_000);

test.concurrent.for(['the event store', 'Postgres'])(
  'SIGTERM ends a process within 20 seconds though %s is frozen, amid webhooks and a rebuild',
  { timeout: 120_000 },
  async (which) => {
    const relay = await relayTo(which === 'Postgres' ? database.url : node.url);
    const service = which === 'Postgres' ? start(relay.url) : start(database.url, relay.url);
    const url = await service.listening;
    await eventually(() => isReady(url), { what: 'the service' });
    const client = await clientAt(url);
    const { status } = await client.admin('POST', '/api/projections/quarantine/rebuild');
    expect([202, 409]).toContain(status); // the other one's may be under way
    relay.hold('server');
    const posted = Array.from({ length: 20 }, (_, n) =>
      client.post(webhook(`call_${which}_${n}`)).catch(() => 'refused'),
    );
    if (which === 'Postgres') expect(await posted[0]).toBe(204);
    expect(await service.stop()).toBe(0);
    await Promise.all(posted);
    const times = service.logs.flatMap((line) => /"time":"([^"]+)".*"msg":"stop/.exec(line)?.[1] ?? []);
    expect(Date.parse(times.at(-1)!) - Date.parse(times[0]!)).toBeLessThan(20_000);
    relay.release();
    await relay.stop();
  },
);
