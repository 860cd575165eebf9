import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { directory, tenant } from '../../commands/webhooks/door.ts';
import { TENANT } from '../tenants.ts';
import { type Scene, startScene } from './scene.ts';

let scene: Scene;
const children: ChildProcess[] = [];
beforeAll(async () => {
  scene = await startScene({ tenants: [tenant(TENANT, [])] });
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  scene.line.clear();
});
afterAll(() => scene.stop());

const startProcess = async (perSecond: number) => {
  const { eventStoreUrl, databaseUrl, line, retell } = scene;
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'process.ts'), eventStoreUrl, databaseUrl, line.url, retell.apiKey, String(perSecond)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  children.push(child);
  await once(child.stdout!, 'data');
  return child;
};
const calls = async (n: number) => {
  const ids = await Promise.all(Array.from({ length: n }, () => scene.call('confirmed')));
  await scene.retell.quiet();
  return ids;
};
const complete = async (ids: readonly string[]) =>
  (await Promise.all(ids.map((id) => scene.types(id, TENANT)))).filter(({ length }) => length === 3).length;

test('processes that are killed in the middle leave the rest to the next one', async () => {
  const ids = await calls(30);
  const child = await startProcess(8);
  await scene.eventually(async () => (await complete(ids)) >= 5);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await scene.caughtUp();
  const before = await complete(ids);
  expect(before).toBeLessThan(30);
  scene.line.passed.length = 0;
  const next = scene.start({ tenants: directory([tenant(TENANT, [])]) });
  await scene.eventually(async () => (await next.runNow()) !== 'busy'); // Postgres notices the death
  expect(await complete(ids)).toBe(30);
  expect(scene.line.gets().length).toBeLessThanOrEqual(30 - before + 1);
  // The dead process's job would keep the next test waiting for half a minute.
  await scene.pool.query("delete from pgboss.job where name = 'reconciliation'");
});

test('they start by themselves, and of two processes one asks', async () => {
  const ids = await calls(20);
  await scene.caughtUp();
  await Promise.all([startProcess(30), startProcess(30)]);
  await scene.eventually(async () => (await complete(ids)) === 20);
  const asked = scene.line.gets().map(({ path }) => path);
  expect(new Set(asked).size).toBe(asked.length);
  const { rows } = await scene.pool.query("select cron from pgboss.schedule where name = 'reconciliation'");
  expect(rows).toEqual([{ cron: '*/15 * * * *' }]);
});
