import { createHash } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { access, chmod, constants, mkdir, mkdtemp, readdir, realpath, rm, rmdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { blockedAt, type OsUser } from './os-user.ts';

/**
 * Takes the directory for this process. A file holding a pid goes stale; a lock of the operating system ends with its
 * process however that ends. Node offers none, but SQLite takes one for us, in an empty file.
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
 * Makes the directory, and makes sure that we may write it and that Postgres can be reached in it. Returns its real
 * path: the system knows processes by that one. As root below a private directory, where Postgres cannot go, the
 * directory becomes a link to one where it can.
 *
 * @throws naming the directory that is in the way and the remedy.
 */
export async function prepareDirectory(dataDir: string, user: OsUser | undefined): Promise<string> {
  try {
    const first = await mkdir(dataDir, { recursive: true });
    // Nobody else reads in there. Root's Postgres, another user, must be able to pass through the directories we make.
    for (let made = dataDir; made.length >= (first ?? dataDir).length; made = dirname(made)) {
      await chmod(made, user ? 0o711 : 0o700);
    }
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
 * Puts a link in the place of an empty directory, to a new one below `PUBLIC`: everything still stands under DATA_DIR,
 * and nobody's home is opened. What an earlier link from the same place led to has nobody any more: the log that it was
 * made from was deleted with the link. Undefined: there is something in it already, or root may not write there either.
 */
async function linkedFrom(path: string): Promise<string | undefined> {
  const name = createHash('sha256').update(path).digest('hex').slice(0, 16);
  const isEmpty = await rmdir(path).then(
    () => true,
    () => false,
  );
  if (!isEmpty) return undefined;
  try {
    await mkdir(PUBLIC, { recursive: true, mode: 0o711 });
    for (const left of await readdir(PUBLIC)) if (left.startsWith(name)) await removeUnused(join(PUBLIC, left));
    const target = await mkdtemp(join(PUBLIC, `${name}-`));
    await chmod(target, 0o711);
    await symlink(target, path);
    return target;
  } catch {
    await mkdir(path, { mode: 0o711 });
    return undefined;
  }
}

async function removeUnused(directory: string): Promise<void> {
  const lock = lockDirectory(directory);
  if (lock === 'in use') return;
  lock.release();
  await rm(directory, { recursive: true, force: true });
}
