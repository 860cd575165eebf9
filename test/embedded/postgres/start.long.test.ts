import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { clusterIn } from '../../../src/embedded/postgres/cluster.ts';
import { processesIn } from '../../../src/embedded/postgres/processes.ts';
import {
  cleanedUp,
  eventually,
  isAlive,
  madeDataDir,
  newDataDir,
  parentOf,
  postmasterOf,
  query,
  start,
} from './scene.ts';

cleanedUp();

test('a first start makes a database that is ours; a later start finds it and what is in it', async () => {
  const dataDir = await newDataDir();
  const first = await start({ dataDir });
  await query(first.url, `CREATE TABLE kept AS SELECT 'Ärger' AS word`);
  await first.stop();

  const second = await start({ dataDir });
  expect(await query(second.url, 'SELECT lower(word) AS word FROM kept')).toEqual([{ word: 'ärger' }]);
  expect(
    await query(
      second.url,
      `SELECT current_database() AS database, current_user AS role, rolsuper AS superuser, rolcreatedb AS creates,
        current_setting('server_encoding') AS encoding, current_setting('fsync') AS fsync,
        current_setting('synchronous_commit') AS waits
       FROM pg_roles WHERE rolname = current_user`,
    ),
  ).toEqual([
    {
      database: 'call_ledger',
      role: 'call_ledger',
      superuser: false,
      creates: false,
      encoding: 'UTF8',
      fsync: 'on',
      waits: 'off',
    },
  ]);
  expect(await query(second.adminUrl, 'SELECT rolsuper FROM pg_roles WHERE rolname = current_user')).toEqual([
    { rolsuper: true },
  ]);
});

test('it can be reached from this machine only, and with the password only, which nobody else can read', async () => {
  const dataDir = await madeDataDir();
  const { url } = await start({ dataDir });

  const wrong = new URL(url);
  wrong.password = 'guess';
  await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
  expect((await stat(join(dataDir, 'password'))).mode & 0o777).toBe(0o600);
  expect((await stat(join(dataDir, 'server.log'))).mode & 0o777).toBe(0o600);
  expect((await stat(clusterIn(dataDir))).mode & 0o777).toBe(0o700);

  const outside = Object.values(networkInterfaces()).flat();
  for (const { address } of outside.filter((each) => each?.family === 'IPv4' && !each.internal).map((each) => each!)) {
    const socket = connect(Number(new URL(url).port), address);
    await expect(once(socket, 'connect')).rejects.toThrow('ECONNREFUSED');
  }
});

test('what a row holds does not get into its log', async () => {
  const dataDir = await madeDataDir();
  const { url } = await start({ dataDir });
  await query(url, 'CREATE TABLE customers (phone text PRIMARY KEY)');
  await query(url, `INSERT INTO customers VALUES ('+4930123456')`);
  await expect(query(url, `INSERT INTO customers VALUES ('+4930123456')`)).rejects.toThrow('duplicate key');
  await expect(query(url, `SELECT '+4930123456 Meier'::int`)).rejects.toThrow('Meier');
  const log = await readFile(join(dataDir, 'server.log'), 'utf8');
  expect(log).toContain('ready to accept connections');
  expect(log).not.toMatch(/4930123456|Meier/);
});

test('stopping leaves no process, ends open connections, and can be asked for twice', async () => {
  const dataDir = await madeDataDir();
  const postgres = await start({ dataDir });
  const postmaster = await postmasterOf(dataDir);
  const keeper = await parentOf(postmaster);
  expect(await processesIn(clusterIn(dataDir))).toContain(postmaster);
  const sleeping = query(postgres.url, 'SELECT pg_sleep(60)').catch((error: Error) => error.message);
  const busy = `SELECT FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'`;
  await eventually(async () => (await query(postgres.adminUrl, busy)).length > 0);

  await Promise.all([postgres.stop(), postgres.stop()]);
  await postgres.stop();
  expect(await postgres.exited).toBe('stopped');
  expect(await sleeping).toMatch(/terminat/);
  expect(await processesIn(clusterIn(dataDir))).toEqual([]);
  expect(await isAlive(postmaster)).toBe(false);
  expect(await isAlive(keeper)).toBe(false);
  expect(await readFile(join(dataDir, 'server.log'), 'utf8')).toContain('database system is shut down');
});

test('a port that was asked for is used; when it is taken, the message names it and the directory stays free', async () => {
  const dataDir = await madeDataDir();
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  await expect(start({ dataDir, port })).rejects.toThrow(`Port ${port} is taken`);
  other.close();
  await once(other, 'close');

  expect(new URL((await start({ dataDir, port })).url).port).toBe(String(port));
});

test('a directory in use is left alone, and says so at once', async () => {
  const dataDir = await madeDataDir();
  const first = await start({ dataDir });
  await expect(start({ dataDir })).rejects.toThrow(`Another running service uses ${dataDir}. Stop that one`);
  expect(await query(first.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});
