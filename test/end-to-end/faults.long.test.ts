import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';

import { spawnEventStore } from '../../src/embedded/event-store/spawn.ts';
import { connectEventLog } from '../../src/events/event-log.ts';
import { type Client, clientOf } from '../support/client.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { type Relay, relayTo } from '../support/relay.ts';
import { about, sample } from '../support/samples.ts';
import { dataDirectory, eventually, type RunningService, sign, startService } from '../support/service.ts';

// What a user's webhooks and queries meet while something that the service stands on is gone.

let relay: Relay;
let environment: Record<string, string>;
let service: RunningService;
let client: Client;
const cleanUp: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const database = await createTestDatabase(inject('postgresUrl'));
  const directory = await dataDirectory();
  relay = await relayTo(database.url);
  environment = { DATA_DIR: directory.path, DATABASE_URL: relay.url };
  service = await startService(environment);
  client = await clientOf(service);
  cleanUp.push(() => service.stop(), relay.stop, database.drop, directory.remove);
});
afterAll(async () => {
  for (const step of cleanUp) await step();
});

const ids = (name: string) => ({ call: `call_${name}`, session: `cs_${name}`, appointment: `apt_${name}` });
const confirmed = (name: string) => about(sample('03'), ids(name));

/** The embedded node is the service's child; its command line names it. */
const eventStorePid = (parent: number): number =>
  Number(
    execFileSync('pgrep', ['-P', String(parent), '-f', 'event-store/main.ts'])
      .toString()
      .trim(),
  );

test('Postgres gone: webhooks are still accepted, the query API says so at once, and the read model catches up', async () => {
  relay.close();
  for (const number of ['01', '02', '03']) expect(await client.post(about(sample(number), ids('no_db')))).toBe(204);
  const started = performance.now();
  const { status, body, headers } = await client.get('/api/call-sessions/cs_no_db');
  expect({ status, code: body.code }).toEqual({ status: 503, code: 'database_unavailable' });
  expect(headers.get('retry-after')).toMatch(/^\d+$/);
  expect(performance.now() - started).toBeLessThan(8000);
  expect((await client.get('/health/ready')).status).toBe(503);
  expect((await client.get('/health/live')).status).toBe(200);

  relay.open();
  await client.see('/api/call-sessions/cs_no_db', ({ status, revision }) => status === 'confirmed' && revision === 3);
  await eventually(async () => (await client.get('/health/ready')).status === 200);
});

test('the event store killed: no webhook is lost that got 204, and the retry of one that did not is one fact', async () => {
  process.kill(eventStorePid(service.pid), 'SIGKILL');
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => client.post(confirmed(`crash_${n}`))));
  expect(answers.every((status) => status === 204 || status === 503)).toBe(true);
  const retried = await eventually(async () => {
    const again = await Promise.all(Array.from({ length: 20 }, (_, n) => client.post(confirmed(`crash_${n}`))));
    return again.every((status) => status === 204) && again;
  });
  expect(retried).toHaveLength(20);
  for (let n = 0; n < 20; n++)
    expect(await client.see(`/api/call-sessions/cs_crash_${n}`)).toMatchObject({ status: 'confirmed', revision: 1 });
});

test('a stop finishes what was accepted, and the next start has all of it', async () => {
  const posts = Array.from({ length: 40 }, (_, n) =>
    client.post(confirmed(`stop_${n}`)).catch(() => 'refused' as const),
  );
  await posts[0];
  const [answers, code] = await Promise.all([Promise.all(posts), service.stop()]);
  expect(code).toBe(0);
  expect(answers.every((answer) => answer === 204 || answer === 503 || answer === 'refused')).toBe(true);

  service = await startService(environment);
  client = await clientOf(service);
  for (const [n, answer] of answers.entries())
    if (answer === 204) expect(await client.see(`/api/call-sessions/cs_stop_${n}`)).toMatchObject({ revision: 1 });
});

test('of two doors one is stopped under load: who is refused is taken by the other, and nothing is lost or doubled', async () => {
  const directory = await dataDirectory();
  const store = await spawnEventStore({ dataDir: directory.path });
  const KEY = 'key_test_webhook_0123456789abcdef';
  const keys = {
    ADMIN_KEY: 'an-admin-key-for-the-test',
    MASTER_KEY: 'a-master-key-for-the-test',
    RETELL_WEBHOOK_SECRET: KEY,
  };
  const begin = () => startService({ ...keys, ROLES: 'ingest', EVENTSTORE_URL: store.url });
  const doors = await Promise.all([begin(), begin()]);
  const posts = doors.map(({ url }) => async (body: string) => {
    const headers = { 'x-retell-signature': sign(body, KEY) };
    const answer = await fetch(`${url}/api/webhooks/retell`, { method: 'POST', body, headers }).catch(() => undefined);
    return answer?.status;
  });
  await eventually(async () =>
    (await Promise.all(doors.map(({ url }) => fetch(`${url}/health/ready`)))).every((a) => a.ok),
  );
  let stopped: Promise<number | null> | undefined;
  const attempts = Array.from({ length: 120 }, async (_, n) => {
    const body = JSON.stringify(confirmed(`two_doors_${n}`));
    for (let attempt = 0; attempt < 3; attempt++) {
      if ((await posts[(n + attempt) % 2]!(body)) === 204) {
        stopped ??= doors[0]!.stop();
        return true;
      }
    }
    return false;
  });
  expect(await Promise.all(attempts)).toEqual(attempts.map(() => true));
  expect(await stopped).toBe(0);
  const log = connectEventLog(store.url);
  for (let n = 0; n < attempts.length; n++) expect(await log.read(`call-default.call_two_doors_${n}`)).toHaveLength(1);
  await log.close();
  await doors[1]!.stop();
  await store.stop();
  await directory.remove();
});

test('Ctrl-C reaches the whole process group, and what was accepted is still finished', async () => {
  const directory = await dataDirectory();
  const database = await createTestDatabase(inject('postgresUrl'));
  const other = await startService({ DATA_DIR: directory.path, DATABASE_URL: database.url });
  const otherClient = await clientOf(other);
  // A terminal sends SIGINT to every process of the group; those that are out of it do not get it.
  const group = execFileSync('ps', ['-o', 'pgid=', '-p', String(eventStorePid(other.pid))])
    .toString()
    .trim();
  expect(Number(group)).toBe(eventStorePid(other.pid));
  expect(await otherClient.post(confirmed('ctrl_c'))).toBe(204);
  process.kill(other.pid, 'SIGINT');
  expect(await other.exited).toBe(0);
  await database.drop();
  await directory.remove();
});

test('two services in one data directory: the second says which is taken and what to do', async () => {
  await expect(startService(environment)).rejects.toThrow(/cannot start: .*(in use|Another|taken|uses)/i);
});

test('a port that is taken is named, with what to do', async () => {
  const directory = await dataDirectory();
  const database = await createTestDatabase(inject('postgresUrl'));
  const port = new URL(service.url).port;
  await expect(startService({ DATA_DIR: directory.path, DATABASE_URL: database.url, PORT: port })).rejects.toThrow(
    new RegExp(`Port ${port} of 127.0.0.1 is taken.*set PORT`),
  );
  await database.drop();
  await directory.remove();
});

test('a wrong environment stops the start with every problem named', async () => {
  await expect(startService({ PORT: 'x', LOG_LEVEL: 'loud', EVENTSTORE_URL: 'http://here' })).rejects.toThrow(
    /PORT: .*\n.*EVENTSTORE_URL: .*\n.*LOG_LEVEL: /,
  );
});
