import { execFileSync } from 'node:child_process';
import { isDeepStrictEqual } from 'node:util';
import { status } from '@grpc/grpc-js';
import { afterAll, expect, inject, test } from 'vitest';
import { spawnEventStore } from '../../src/embedded/event-store/spawn.ts';
import { callLedger } from '../cli/command.ts';
import { clientOf } from '../support/client.ts';
import { fillDisk, makeRoom } from '../support/disk.ts';
import { otherServer } from '../support/other-server.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { about, sample } from '../support/samples.ts';
import { dataDirectory, eventually } from '../support/service.ts';
import { type ServiceHere, startServiceHere } from '../support/service-here.ts';

const cleanUp: (() => unknown)[] = [];
afterAll(async () => {
  for (const step of cleanUp.toReversed()) await step();
});

async function scene() {
  const [database, directory] = await Promise.all([createTestDatabase(inject('postgresUrl')), dataDirectory()]);
  cleanUp.push(directory.remove, database.drop);
  return { DATA_DIR: directory.path, DATABASE_URL: database.url };
}

async function started(environment: Readonly<Record<string, string>>): Promise<ServiceHere> {
  const service = await startServiceHere(environment, { ownNode: true });
  cleanUp.push(() => service.stop());
  return service;
}

/** A service, and how its event store begins and ends to write nothing. */
type Scene = { readonly service: ServiceHere; readonly fail: () => unknown; readonly mend: () => unknown };

async function withEmbeddedNode(): Promise<Scene> {
  const stores = await scene();
  const service = await started(stores);
  const pid = () => Number(execFileSync('pgrep', ['-f', `event-store/main.ts.* ${stores.DATA_DIR}/`]).toString());
  return { service, fail: () => fillDisk(pid()), mend: () => makeRoom(pid()) };
}

async function withOtherServer(): Promise<Scene> {
  const stores = await scene();
  const node = await spawnEventStore({ dataDir: `${stores.DATA_DIR}/log` });
  cleanUp.push(node.stop);
  const server = await otherServer(node.url);
  cleanUp.push(server.stop);
  const keys = { ADMIN_KEY: 'admin-key-of-the-tests', RETELL_WEBHOOK_SECRET: 'webhook-key-of-the-tests' };
  const service = await started({
    ...{ ...stores, ...keys, MASTER_KEY: 'master-key-of-the-tests', EVENTSTORE_URL: server.url },
  });
  const order = { method: 'POST', body: '{"scopes":["read"]}' };
  const headers = { authorization: `Bearer ${keys.ADMIN_KEY}`, 'content-type': 'application/json' };
  const issued = await eventually(async () => {
    const answer = await fetch(`${service.url}/api/tenants/default/api-keys`, { ...order, headers });
    return answer.ok && ((await answer.json()) as { key: string });
  });
  const all = { ...keys, API_KEY: issued.key };
  return {
    service: { ...service, key: async (name) => all[name] },
    fail: () => server.failAppends({ code: status.PERMISSION_DENIED, message: '', detail: 'AccessDenied' }),
    mend: () => server.failAppends(undefined),
  };
}

const call = (n: number, number = '03') =>
  about(sample(number), { call: `call_disk_${n}`, session: `cs_disk_${n}`, appointment: `apt_disk_${n}` });

test.concurrent.each([
  ['the embedded node’s disk is full', 'the log cannot be written: disk I/O error', withEmbeddedNode, 1],
  ['a server denies access', 'access denied', withOtherServer, 0],
] as const)(
  '%s: refused at once, seen everywhere, and over by itself when it is mended',
  async (_, reason, open, nodeLines) => {
    const { service, fail, mend } = await open();
    const client = await clientOf(service);
    const logged = (words: string) => service.logs.filter((line) => line.includes(words));
    const eventStore = async () => {
      const { body } = await client.get('/health/ready');
      return (body.checks as { eventStore: { status: string; detail?: string } }).eventStore;
    };
    const metric = async () =>
      /^call_ledger_event_store_appends_failing (\d)$/m.exec(await (await fetch(`${service.url}/metrics`)).text())?.[1];
    const accepted: number[] = [];
    const post = async (n: number) => {
      const status = await client.post(call(n));
      if (status === 204) accepted.push(n);
      return status;
    };
    for (const n of [0, 1, 2]) expect(await post(n)).toBe(204);
    await eventually(async () => (await eventStore()).status === 'ok' && (await metric()) === '0');

    fail();
    for (const n of [3, 4, 5]) {
      const asked = performance.now();
      expect(await post(n)).toBe(503);
      expect(performance.now() - asked).toBeLessThan(3000);
    }
    const asked = performance.now();
    expect(await client.post(call(1, '02')), 'another fact of a call that is there').toBe(503);
    expect(performance.now() - asked).toBeLessThan(3000);
    expect(await post(0), 'a repeat of what is recorded').toBe(204);
    const failing = { status: 'failing', detail: `appends fail: ${reason}` };
    await eventually(async () => isDeepStrictEqual(await eventStore(), failing), { what: failing.detail });
    expect((await client.get('/health/ready')).status).toBe(503);
    expect(await metric()).toBe('1');
    await eventually(async () => logged('append_failing').length === 1, { what: 'a line of the log' });
    expect(JSON.parse(logged('append_failing')[0]!)).toMatchObject({ reason });
    const doctor = await callLedger(['doctor', '--url', service.url]);
    expect(doctor.out).toMatch(/^FAIL +ready: eventStore .*writes nothing.*\n +→ Make room/m);
    expect(doctor.out).toContain(`(${failing.detail})`);
    expect(logged(`nothing can be appended: ${reason}`), 'the node says it too').toHaveLength(nodeLines);

    mend();
    await eventually(async () => (await eventStore()).status === 'ok', { what: 'recovery without a webhook' });
    expect((await client.get('/health/ready')).status).toBe(200);
    expect([await metric(), logged('append_failing').length, logged('append_recovered').length]).toEqual(['0', 1, 1]);
    for (const n of [3, 4, 5]) expect(await post(n)).toBe(204);
    for (const n of accepted)
      expect(await client.see(`/api/call-sessions/cs_disk_${n}`)).toMatchObject({ status: 'confirmed', revision: 1 });
  },
);
