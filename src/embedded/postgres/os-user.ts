import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type OsUser = { readonly uid: number; readonly gid: number };

/**
 * The user to run Postgres as; undefined: our own. For root, which Postgres refuses, the cluster's owner, else
 * `postgres`.
 * @throws when root can get no such user.
 */
export async function chooseOsUser(cluster: string): Promise<OsUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(cluster).catch(() => undefined);
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  return (await lookUp('postgres')) ?? (await createPostgresUser());
}

/** For spawn: as that user, without our supplementary groups (libuv drops them when a uid is given). */
export const identity = (user: OsUser | undefined): { uid?: number; gid?: number } =>
  user ? { uid: user.uid, gid: user.gid } : {};

async function lookUp(name: string): Promise<OsUser | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

async function createPostgresUser(): Promise<OsUser> {
  try {
    await run('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres']);
  } catch (cause) {
    // Somebody else may have created it a moment ago.
    const user = await lookUp('postgres');
    if (user) return user;
    throw new Error(
      'Postgres does not run as root, and the system user "postgres" is missing and could not be created. ' +
        'Create it, or start the service as an ordinary user, or set DATABASE_URL.',
      { cause },
    );
  }
  const user = await lookUp('postgres');
  if (!user) throw new Error('The system user "postgres" was created but `id postgres` does not find it.');
  return user;
}

/**
 * The outermost directory on the way to `path`, itself included, that `user` may not pass through; undefined: none.
 * It reads mode bits only, not access lists.
 */
export async function blockedAt(path: string, user: OsUser): Promise<string | undefined> {
  if (dirname(path) !== path) {
    const above = await blockedAt(dirname(path), user);
    if (above) return above;
  }
  const { uid, gid, mode } = await stat(path);
  const execute = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
  return mode & execute ? undefined : path;
}
