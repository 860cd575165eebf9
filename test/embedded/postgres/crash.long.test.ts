import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { clusterIn } from '../../../src/embedded/postgres/cluster.ts';
import { processesIn } from '../../../src/embedded/postgres/processes.ts';
import {
  cleanedUp,
  eventually,
  isAlive,
  kill,
  madeDataDir,
  newService,
  parentOf,
  postmasterOf,
  query,
  ready,
  start,
} from './scene.ts';

cleanedUp();

async function running() {
  const dataDir = await madeDataDir();
  const service = newService(dataDir);
  const url = await ready(service);
  // Waits for the disk, which commits otherwise do not: a killed Postgres may lose the last of them.
  await query(url, `SET synchronous_commit = on; CREATE TABLE kept AS SELECT 'still here' AS word`);
  const postmaster = await postmasterOf(dataDir);
  const keeper = await parentOf(postmaster);
  return { dataDir, service, url, postmaster, keeper };
}

/** Stopped first, so that none of them sees another die and tidies up. */
const killTogether = (pids: readonly number[]) => {
  for (const signal of ['SIGSTOP', 'SIGKILL'] as const) for (const pid of pids) kill(pid, signal);
};

const words = async (url: string) => (await query(url, 'SELECT word FROM kept')).map((row) => row.word);

test('when the service is killed, its Postgres shuts down by itself, and cleanly', async () => {
  const { dataDir, service, postmaster, keeper } = await running();
  kill(service.pid!, 'SIGKILL');
  await eventually(async () => !(await isAlive(postmaster)) && !(await isAlive(keeper)));
  expect(await processesIn(clusterIn(dataDir))).toEqual([]);
  expect(await readFile(join(dataDir, 'server.log'), 'utf8')).toContain('database system is shut down');
});

test('a start right after a kill waits for the old Postgres instead of failing', async () => {
  const { dataDir, service } = await running();
  kill(service.pid!, 'SIGKILL');
  await once(service, 'exit');
  expect(await words((await start({ dataDir })).url)).toEqual(['still here']);
});

test('after everything was killed at once, the next start recovers', async () => {
  const { dataDir, service, postmaster, keeper } = await running();
  const gone = once(service, 'exit');
  killTogether([keeper, postmaster, service.pid!]);
  await gone;
  await eventually(async () => (await processesIn(clusterIn(dataDir))).length === 0);
  expect(await postmasterOf(dataDir)).toBe(postmaster); // the stale file
  expect(await words((await start({ dataDir })).url)).toEqual(['still here']);
});

test('a stale pid file is no obstacle when its pid belongs to something else by now', async () => {
  const dataDir = await madeDataDir();
  await (await start({ dataDir })).stop();
  // A living process of the user Postgres runs as, and not one of its parents, which it ignores: another Postgres.
  const elsewhere = await madeDataDir();
  await start({ dataDir: elsewhere });
  const pid = await postmasterOf(elsewhere);
  await writeFile(join(clusterIn(dataDir), 'postmaster.pid'), `${pid}\n${clusterIn(dataDir)}\n0\n5432\n\n127.0.0.1\n`);
  await start({ dataDir });
});

test('a Postgres that was left alone, its service and keeper killed, is stopped by the next start', async () => {
  const { dataDir, service, postmaster, keeper } = await running();
  const gone = once(service, 'exit');
  killTogether([keeper, service.pid!]);
  await gone;
  expect(await isAlive(postmaster)).toBe(true);
  expect(await words((await start({ dataDir })).url)).toEqual(['still here']);
  expect(await isAlive(postmaster)).toBe(false);
});

test.each(['keeper', 'postmaster'] as const)(
  'when the %s alone is killed, the service learns of it and may start again',
  async (which) => {
    const dataDir = await madeDataDir();
    const postgres = await start({ dataDir });
    const postmaster = await postmasterOf(dataDir);
    kill(which === 'keeper' ? await parentOf(postmaster) : postmaster, 'SIGKILL');
    expect(await postgres.exited).toBe('crashed');
    expect(await processesIn(clusterIn(dataDir))).toEqual([]);
    await postgres.stop();
    await start({ dataDir });
  },
);

test('a keeper that hangs does not keep the service from stopping', async () => {
  const dataDir = await madeDataDir();
  const postgres = await start({ dataDir });
  kill(await parentOf(await postmasterOf(dataDir)), 'SIGSTOP');
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const stopped = postgres.stop();
  vi.advanceTimersByTime(30_000);
  vi.useRealTimers();
  await stopped;
  expect(await processesIn(clusterIn(dataDir))).toEqual([]);
});

test('a Ctrl-C, or a SIGTERM for everyone, leaves the service its database until it has finished', async () => {
  const { service, url, keeper, postmaster } = await running();
  kill(-service.pid!, 'SIGINT'); // what a terminal does: the whole foreground group
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) kill(keeper, signal);
  expect(await words(url)).toEqual(['still here']);
  expect(await isAlive(postmaster)).toBe(true);
  service.kill('SIGTERM');
  await eventually(async () => !(await isAlive(postmaster)));
});
