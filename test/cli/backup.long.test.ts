import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type Client, clientOf } from '../support/client.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { about, sample } from '../support/samples.ts';
import { dataDirectory, eventually } from '../support/service.ts';
import { type ServiceHere, startServiceHere } from '../support/service-here.ts';
import { callLedger } from './command.ts';

// The drill: a backup under writes, a restore from it elsewhere, and everything is the fold of the log.

const cleanUp: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const step of cleanUp.reverse()) await step();
});
let dataDir: string;
let fresh: string;
let databaseUrl: string;
beforeAll(async () => {
  const [first, second] = [await dataDirectory(), await dataDirectory()];
  const database = await createTestDatabase(inject('postgresUrl'));
  cleanUp.push(first.remove, second.remove, database.drop);
  [dataDir, fresh, databaseUrl] = [first.path, second.path, database.url];
});

async function start(directory: string, database = databaseUrl): Promise<{ service: ServiceHere; client: Client }> {
  const service = await startServiceHere({ DATA_DIR: directory, DATABASE_URL: database });
  cleanUp.push(service.stop);
  await becomesReady(service);
  return { service, client: await clientOf(service) };
}
const becomesReady = ({ url }: ServiceHere) =>
  eventually(async () => (await fetch(`${url}/health/ready`)).ok, { within: 60_000, what: 'readiness' });

/** Ids of calls as soon as they got their 204. */
async function write({ post }: Client, until: AbortSignal, accepted: string[]): Promise<void> {
  while (!until.aborted) {
    const call = `call_${randomUUID()}`;
    expect(await post(about(sample('28'), { call }))).toBe(204);
    accepted.push(call);
  }
}
async function expectFold({ admin, get }: Client, calls: readonly string[]): Promise<void> {
  const shown = await Promise.all(calls.map(async (call) => (await get(`/api/call-sessions/call:${call}`)).status));
  expect(shown.filter((status) => status !== 200)).toEqual([]);
  const { operationId } = (await admin('POST', '/api/projections/calls/verify')).body;
  const operation = await eventually(async () => {
    const { body } = await admin('GET', `/api/operations/${operationId}`);
    return !['queued', 'running'].includes(`${body.state}`) && body;
  });
  expect(operation).toMatchObject({ state: 'succeeded', result: { equal: true } });
}

test('made under writes and restored into a fresh directory, beside a newer Postgres and without any', async () => {
  const before = await start(dataDir);
  const enough = new AbortController();
  const accepted: string[] = [];
  const writing = Promise.all([1, 2, 3].map(() => write(before.client, enough.signal, accepted)));
  await eventually(async () => accepted.length > 20);
  const acknowledged = [...accepted];
  const file = join(dataDir, 'monday.sqlite');
  const ran = await callLedger(['backup', '--data-dir', dataDir, '--out', file]);
  const during = accepted.length;
  await eventually(async () => accepted.length > during + 10);
  enough.abort();
  await writing;
  await before.service.stop();

  expect([ran.code, ran.out]).toEqual([0, expect.stringMatching(/monday\.sqlite holds the log up to now: \d+ events/)]);
  expect(Number(/: (\d+) events/.exec(ran.out)?.[1])).toBeGreaterThan(acknowledged.length);
  expect(ran.err).toContain(`cp ${file} ${join(dataDir, 'eventstore', 'events.sqlite')}`);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await readdir(dataDir)).filter((name) => name.startsWith('monday'))).toEqual(['monday.sqlite']);

  await mkdir(join(fresh, 'eventstore'), { recursive: true });
  await copyFile(file, join(fresh, 'eventstore', 'events.sqlite'));
  await copyFile(join(dataDir, 'credentials.env'), join(fresh, 'credentials.env'));
  const restored = await start(fresh);
  const since = [1, 2, 3].map((n) => `since_${n}`);
  for (const call of since) expect(await restored.client.post(about(sample('28'), { call }))).toBe(204);
  for (const call of since) await restored.client.see(`/api/call-sessions/call:${call}`);
  await expectFold(restored.client, [...acknowledged, ...since]);
  await restored.service.stop();

  const empty = await createTestDatabase(inject('postgresUrl'));
  cleanUp.push(empty.drop);
  const anew = await start(fresh, empty.url);
  await expectFold(anew.client, [...acknowledged, ...since]);
  await anew.service.stop();
}, 180_000);

test('of nothing, or onto a file that is there, none is made', async () => {
  const nothing = await callLedger(['backup', '--data-dir', join(fresh, 'nowhere')]);
  expect([nothing.code, nothing.err]).toEqual([2, expect.stringMatching(/no embedded log .*\n.*--data-dir/)]);
  const there = join(fresh, 'there.sqlite');
  await writeFile(there, 'kept');
  await mkdir(join(fresh, 'eventstore'), { recursive: true });
  await writeFile(
    join(fresh, 'eventstore', 'events.sqlite'),
    'this is no SQLite file, and long enough to be looked at',
  );
  const onto = await callLedger(['backup', '--data-dir', fresh, '--out', there]);
  expect([onto.code, onto.err]).toEqual([2, expect.stringContaining('exists already')]);
  const broken = await callLedger(['backup', '--data-dir', fresh, '--out', `${there}.2`]);
  expect([broken.code, broken.err]).toEqual([2, expect.stringContaining('No backup was made')]);
  expect((await readdir(fresh)).filter((name) => name.startsWith('there'))).toEqual(['there.sqlite']);
});
