import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { OsUser } from './os-user.ts';

/**
 * The outermost directory on the way to `path`, itself included, that `user` may not pass through; undefined when the
 * way is free. Mode bits only: with access lists the answer may be too strict or too kind, and Postgres has the last word.
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
