import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, afterEach } from 'vitest';
import { clusterIn } from '../../../src/embedded/postgres/cluster.ts';
import type { OsUser } from '../../../src/embedded/postgres/os-user.ts';
import { processesIn } from '../../../src/embedded/postgres/processes.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../src/embedded/postgres/start.ts';

const directories: string[] = [];
const services: ChildProcess[] = [];
const started: EmbeddedPostgres[] = [];
const templates: string[] = [];
let template: Promise<string> | undefined;

/** Ends and removes what each test has left, so that one failing test fails no other. To be called at the top of a file. */
export function cleanedUp(): void {
  afterEach(async () => {
    await Promise.all(started.splice(0).map((postgres) => postgres.stop()));
    for (const service of services.splice(0)) if (service.exitCode === null) kill(-service.pid!, 'SIGKILL');
    for (const directory of directories.splice(0)) {
      const cluster = clusterIn(join(directory, 'postgres'));
      await eventually(async () => (await processesIn(cluster)).length === 0, 3_000).catch(async () => {
        for (const pid of await processesIn(cluster)) kill(pid, 'SIGKILL');
      });
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    }
  });
  afterAll(async () => {
    template = undefined;
    for (const directory of templates.splice(0)) await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  });
}

/** A DATA_DIR's `postgres`, not made yet. */
export async function newDataDir(): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'call-ledger-postgres-')));
  await chmod(directory, 0o755);
  directories.push(directory);
  return join(directory, 'postgres');
}

/**
 * A DATA_DIR's `postgres` that an earlier start has made and left in order: a copy of one per file, for a copy takes a
 * fraction of what making one takes.
 */
export async function madeDataDir(): Promise<string> {
  template ??= makeTemplate();
  const dataDir = await newDataDir();
  await promisify(execFile)('cp', ['-a', await template, dataDir]); // with its owners
  return dataDir;
}

async function makeTemplate(): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'call-ledger-postgres-template-')));
  await chmod(directory, 0o755);
  templates.push(directory);
  const dataDir = join(directory, 'postgres');
  await (await startEmbeddedPostgres({ dataDir })).stop();
  return dataDir;
}

/** startEmbeddedPostgres, stopped after the test. */
export async function start(options: Parameters<typeof startEmbeddedPostgres>[0]): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres(options);
  started.push(postgres);
  return postgres;
}

/** A service of its own process group, which a test can kill whole or in part. */
export function newService(dataDir: string, user?: OsUser, startFile = START): ChildProcess {
  const options = { detached: true, execArgv: [], ...(user && { uid: user.uid, gid: user.gid, cwd: '/' }) };
  const service = fork(join(import.meta.dirname, 'service.ts'), [dataDir, startFile], options);
  services.push(service);
  return service;
}

const START = join(import.meta.dirname, '../../../src/embedded/postgres/start.ts');

/** The service's URL, once its Postgres is ready. */
export async function ready(service: ChildProcess): Promise<string> {
  const [message] = (await once(service, 'message')) as [{ url?: string; error?: string }];
  if (!message.url) throw new Error(`the service did not start: ${message.error}`);
  return message.url;
}

export async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client.query(sql).then(
    (result) => client.end().then(() => result.rows),
    (error) => client.end().then(() => Promise.reject(error)),
  );
}

export const postmasterOf = async (dataDir: string): Promise<number> =>
  Number((await readFile(join(clusterIn(dataDir), 'postmaster.pid'), 'utf8')).split('\n')[0]);

/** The keeper, seen from its Postgres. */
export async function parentOf(pid: number): Promise<number> {
  if (process.platform !== 'linux') {
    return Number((await promisify(execFile)('ps', ['-o', 'ppid=', '-p', String(pid)])).stdout);
  }
  return Number(/^PPid:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** Waits until it is so. */
export async function eventually(so: () => Promise<boolean>, withinMs = 30_000): Promise<void> {
  for (const end = Date.now() + withinMs; !(await so()); await sleep(20)) {
    if (Date.now() > end) throw new Error(`not so within ${withinMs} ms: ${so}`);
  }
}

/** Alive, and not just uncollected: in a container without an init the dead stay in the process table. */
export async function isAlive(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  if (process.platform === 'linux') return status !== '' && !/^State:\s+Z/m.test(status);
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Dead already.
  }
}
