import { chmodSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const OTHERS = 0o077;
/** The Postgres of root is another user's, and passes through. */
const PASSING = process.getuid?.() === 0 ? 0o011 : 0;

/**
 * Makes the directory, and those above it that are missing, for this user alone, whatever the umask. With
 * `passable` the Postgres of root may pass through.
 */
export function makePrivate(path: string, { passable = false } = {}): void {
  const directory = resolve(path);
  const first = mkdirSync(directory, { recursive: true });
  if (first === undefined) return;
  const top = resolve(first).length;
  for (let made = directory; made.length >= top; made = dirname(made)) {
    chmodSync(made, 0o700 | (passable || made !== directory ? PASSING : 0));
  }
}

/**
 * Closes the files of these names to other users, for whom an earlier release had left them open; and the directory,
 * where it holds nothing else. Returns what it closed.
 */
export function closeToOthers(path: string, ours: RegExp, { passable = false } = {}): string[] {
  const directory = resolve(path);
  const names = readdirSync(directory);
  const paths = names.filter((name) => ours.test(name)).map((name) => join(directory, name));
  if (paths.length === names.length) paths.push(directory);
  return paths.filter((file) => {
    const open = OTHERS & ~(passable && file === directory ? PASSING : 0);
    const status = lstatSync(file);
    const isOurs = (file === directory || status.isFile()) && status.uid === process.getuid?.();
    if (!isOurs || (status.mode & open) === 0) return false;
    chmodSync(file, status.mode & ~open & 0o777);
    return true;
  });
}
