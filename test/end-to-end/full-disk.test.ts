import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { callLedger } from '../cli/command.ts';
import { type Client, clientOf } from '../support/client.ts';
import { fillDisk, makeRoom } from '../support/disk.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { about, sample } from '../support/samples.ts';
import { dataDirectory, eventually, type RunningService, startService } from '../support/service.ts';

let service: RunningService;
let client: Client;
const cleanUp: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  const database = await createTestDatabase(inject('postgresUrl'));
  const directory = await dataDirectory();
  service = await startService({ DATA_DIR: directory.path, DATABASE_URL: database.url });
  client = await clientOf(service);
  cleanUp.push(() => service.stop(), database.drop, directory.remove);
});
afterAll(async () => {
  for (const step of cleanUp) await step();
});

const eventStorePid = (): number =>
  Number(execFileSync('pgrep', ['-P', `${service.pid}`, '-f', 'event-store/main.ts']).toString());
const call = (n: number, number = '03') =>
  about(sample(number), { call: `call_disk_${n}`, session: `cs_disk_${n}`, appointment: `apt_disk_${n}` });
const logged = (words: string) => service.logs.filter((line) => line.includes(words));
const eventStore = async () => {
  const { body } = await client.get('/health/ready');
  return (body.checks as { eventStore: { status: string; detail?: string } }).eventStore;
};
const metric = async () =>
  /^call_ledger_event_store_appends_failing (\d)$/m.exec(await (await fetch(`${service.url}/metrics`)).text())?.[1];

test('the event store’s disk is full: refused at once, seen everywhere, and over by itself when there is room', async () => {
  const reason = 'the log cannot be written: disk I/O error';
  const accepted: number[] = [];
  const post = async (n: number) => {
    const status = await client.post(call(n));
    if (status === 204) accepted.push(n);
    return status;
  };
  for (const n of [0, 1, 2]) expect(await post(n)).toBe(204);
  await eventually(async () => (await eventStore()).status === 'ok' && (await metric()) === '0');

  fillDisk(eventStorePid());
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
  await expect.poll(eventStore, { timeout: 20_000 }).toEqual(failing);
  expect((await client.get('/health/ready')).status).toBe(503);
  expect(await metric()).toBe('1');
  await expect.poll(() => logged('append_failing').map((line) => JSON.parse(line))).toMatchObject([{ reason }]);
  const doctor = await callLedger(['doctor', '--url', service.url]);
  expect(doctor.out).toMatch(/^FAIL +ready: eventStore .*writes nothing.*disk I\/O error\)\n +→ Make room/m);
  expect(logged(`nothing can be appended: ${reason}`), 'the node says it too').toHaveLength(1);

  makeRoom(eventStorePid());
  await expect.poll(eventStore, { timeout: 20_000 }).toEqual({ status: 'ok' }); // without a webhook
  expect((await client.get('/health/ready')).status).toBe(200);
  expect([await metric(), logged('append_failing').length, logged('append_recovered').length]).toEqual(['0', 1, 1]);
  for (const n of [3, 4, 5]) expect(await post(n)).toBe(204);
  for (const n of accepted)
    expect(await client.see(`/api/call-sessions/cs_disk_${n}`)).toMatchObject({ status: 'confirmed', revision: 1 });
});
