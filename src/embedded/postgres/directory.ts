import { createHash } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { access, chmod, constants, mkdir, mkdtemp, readdir, realpath, rm, rmdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makePrivate } from '../private-directory.ts';
import { blockedAt, type OsUser } from './os-user.ts';

/**
 * Locks the directory for this process. The lock is SQLite's, on an empty file: the operating system releases it
 * however the process ends, where a file with a pid goes stale.
 */
export function lockDirectory(dataDir: string): { release(): void } | 'in use' {
  const file = join(dataDir, 'lock');
  // Leave the opening to SQLite: closing any other handle of ours to this file would give up the lock.
  const db = new DatabaseSync(file);
  try {
    db.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    chmodSync(file, 0o600);
    return { release: () => db.close() };
  } catch (error) {
    db.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return 'in use';
    throw error;
  }
}

const SQLITE_BUSY = 5;

/**
 * Creates the directory, checks access for us and Postgres, returns its real path; for root perhaps a link to one that
 * Postgres can reach.
 * @throws naming the obstacle and the remedy.
 */
export async function prepareDirectory(dataDir: string, user: OsUser | undefined): Promise<string> {
  try {
    makePrivate(dataDir, { passable: true });
    await chmod(dataDir, user ? 0o711 : 0o700);
    await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new Error(
      `Cannot write ${dataDir} (${(cause as NodeJS.ErrnoException).code}), where the embedded Postgres keeps its data. ` +
        'If another user has started the service here before, start it as that user; otherwise choose another DATA_DIR.',
      { cause },
    );
  }
  const path = await realpath(dataDir);
  const blocked = user && (await blockedAt(path, user));
  if (!blocked) return path;
  const elsewhere = await linkedFrom(path);
  if (elsewhere) return elsewhere;
  // Opening the DATA_DIR is for its owner to decide; opening somebody's home is not something to suggest.
  const open = blocked === dirname(path) ? `, or let it pass with \`chmod o+x ${blocked}\`` : '';
  throw new Error(
    `Postgres does not run as root but as user ${user.uid}, who may not pass through ${blocked} to ${path}. ` +
      `Choose a DATA_DIR outside of it (for instance ${PUBLIC})${open}, or start the service as an ordinary user.`,
  );
}

/** Where root keeps what its Postgres cannot reach below a private directory, such as its own home. */
const PUBLIC = '/var/lib/call-ledger';

/**
 * Replaces an empty directory by a link to a new one below `PUBLIC`, and removes what an earlier link led to.
 * Undefined: it is not empty, or root may not write there either.
 */
async function linkedFrom(path: string): Promise<string | undefined> {
  const name = createHash('sha256').update(path).digest('hex').slice(0, 16);
  const isEmpty = await rmdir(path).then(
    () => true,
    () => false,
  );
  if (!isEmpty) return undefined;
  try {
    await mkdir(PUBLIC, { recursive: true });
    await chmod(PUBLIC, 0o711);
    for (const left of await readdir(PUBLIC)) if (left.startsWith(name)) await removeUnused(join(PUBLIC, left));
    const target = await mkdtemp(join(PUBLIC, `${name}-`));
    await chmod(target, 0o711);
    await symlink(target, path);
    return target;
  } catch {
    await mkdir(path);
    await chmod(path, 0o711);
    return undefined;
  }
}

async function removeUnused(directory: string): Promise<void> {
  const lock = lockDirectory(directory);
  if (lock === 'in use') return;
  lock.release();
  await rm(directory, { recursive: true, force: true });
}
