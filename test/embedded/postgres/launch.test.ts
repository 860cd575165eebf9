import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { clusterIn } from '../../../src/embedded/postgres/cluster.ts';
import { type KeeperOrders, launch } from '../../../src/embedded/postgres/launch.ts';
import { cleanedUp, newDataDir } from './scene.ts';

cleanedUp();

// Races of a few milliseconds, slowed down by putting a shell in the place of Postgres.
const instead = (script: string): KeeperOrders => ({ program: '/bin/sh', args: ['-c', script] });

test('the pid file of a crashed run, which says "ready", is not taken for the new one', async () => {
  const dataDir = await newDataDir();
  const cluster = clusterIn(dataDir);
  await mkdir(cluster, { recursive: true });
  await writeFile(join(cluster, 'postmaster.pid'), `4194000\n${cluster}\n0\n5432\n\n127.0.0.1\n0 0\nready\n`);
  const failing = instead('sleep 0.5; echo "FATAL:  no such luck" >&2; exit 1');
  await expect(launch(failing, cluster, join(dataDir, 'server.log'))).rejects.toThrow(/did not start.*no such luck/s);
});

test('a port taken by another at the last moment is an answer, so that a free one can be tried again', async () => {
  const dataDir = await newDataDir();
  await mkdir(dataDir);
  const failing = instead('echo "LOG:  could not bind IPv4 address: Address already in use" >&2; exit 1');
  expect(await launch(failing, clusterIn(dataDir), join(dataDir, 'server.log'))).toBe('port taken');
});

test('a keeper whose service is gone before it has begun ends what it has started', async () => {
  const file = join(import.meta.dirname, '../../../src/embedded/postgres/keeper.ts');
  const keeper = fork(file, [JSON.stringify(instead('exec sleep 30'))], { execArgv: [], stdio: 'ignore' });
  keeper.disconnect();
  const begun = Date.now();
  await once(keeper, 'exit');
  expect(Date.now() - begun).toBeLessThan(15_000);
});
