import { spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { chown, mkdtemp, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Binaries } from './binaries.ts';
import { identity, type OsUser } from './os-user.ts';
import { stopStalePostgres } from './processes.ts';

export const clusterIn = (dataDir: string): string => join(dataDir, 'cluster');

const PARTIAL = 'cluster-partial-';

/**
 * Creates the cluster with role and database `call_ledger`, in another place and then renamed, so that it is whole or
 * absent.
 * @throws when what is there is not ours, or initdb fails.
 */
export async function ensureCluster(dataDir: string, binaries: Binaries, user: OsUser | undefined): Promise<void> {
  const names = await readdir(dataDir);
  for (const name of names.filter((name) => name.startsWith(PARTIAL))) {
    // An initdb whose parent was killed may still be at work, and then be writing its last file.
    await stopStalePostgres(join(dataDir, name, 'cluster'));
    await rm(join(dataDir, name), { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
  if (names.includes('cluster')) return checkCluster(dataDir, binaries);

  const password = randomBytes(32).toString('hex');
  const partial = await mkdtemp(join(dataDir, PARTIAL));
  const cluster = join(partial, 'cluster');
  const passwordFile = join(partial, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user) for (const path of [passwordFile, partial]) await chown(path, user.uid, user.gid);

  // C collation and UTF-8, built in: sorted by code point the same on every machine, yet lower() and ILIKE know umlauts.
  const initdb = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  initdb.push('--auth=scram-sha-256', '--username=postgres', `--pwfile=${passwordFile}`, `--pgdata=${cluster}`);
  await runOnce(binaries.initdb, initdb, '', user);
  // In single-user mode, before anyone can connect, one statement a line.
  const sql = [
    `CREATE ROLE call_ledger LOGIN PASSWORD '${applicationPassword(password)}'`,
    'CREATE DATABASE call_ledger OWNER call_ledger',
  ];
  await runOnce(binaries.postgres, ['--single', '-D', cluster, 'postgres'], `${sql.join('\n')}\n`, user);

  // The password first: a cluster without its password is of no use to anyone.
  await writeFile(passwordPath(dataDir), password, { mode: 0o600, flush: true });
  await rename(cluster, clusterIn(dataDir));
  const directory = await open(dataDir);
  await directory.sync().finally(() => directory.close());
  await rm(partial, { recursive: true, force: true });
}

/**
 * The addresses of this cluster, once it runs on some port. The service uses `url`, whose role owns its database and
 * nothing else; `adminUrl` is the superuser's.
 */
export async function readAddresses(dataDir: string): Promise<(port: number) => { url: string; adminUrl: string }> {
  const password = await readFile(passwordPath(dataDir), 'utf8');
  return (port) => ({
    url: `postgres://call_ledger:${applicationPassword(password)}@127.0.0.1:${port}/call_ledger`,
    adminUrl: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
  });
}

const passwordPath = (dataDir: string) => join(dataDir, 'password');

/** Derived, so that one secret is kept, and one-way, so that the service's connections do not give away the superuser's. */
const applicationPassword = (password: string) => createHmac('sha256', password).update('call_ledger').digest('hex');

async function checkCluster(dataDir: string, { major }: Binaries): Promise<void> {
  const cluster = clusterIn(dataDir);
  const remedy = `Move ${cluster} away; the next start makes a new one and the read model is rebuilt from the log.`;
  const version = await readFile(join(cluster, 'PG_VERSION'), 'utf8').catch((cause) => {
    throw new Error(`${cluster} is not a Postgres cluster, or not one that we may read. ${remedy}`, { cause });
  });
  if (version.trim() !== major) {
    throw new Error(`${cluster} was made by Postgres ${version.trim()}, but this is Postgres ${major}. ${remedy}`);
  }
  await readFile(passwordPath(dataDir)).catch((cause) => {
    throw new Error(`The password of ${cluster} is missing: ${passwordPath(dataDir)}. ${remedy}`, { cause });
  });
}

async function runOnce(program: string, args: string[], input: string, user: OsUser | undefined): Promise<void> {
  // Output goes through pipes to us, so an initdb whose parent is killed ends at its next word.
  const child = spawn(program, args, { cwd: '/', env: { LC_ALL: 'C', TZ: 'UTC' }, ...identity(user) });
  child.stdin.on('error', () => {}); // It may end without reading; its exit code tells.
  child.stdin.end(input);
  const ended = new Promise<number | string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  const [code, out, err] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (code !== 0 || /^.*(ERROR|FATAL):/m.test(err)) {
    throw new Error(`Making the Postgres cluster failed: ${program} ended with ${code}.\n${out}\n${err}`.trim());
  }
}
