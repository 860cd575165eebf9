import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export type DataDirectory = { readonly events: string; readonly release: () => void };

// A node that was just killed may need a moment until the system has closed its files.
const PATIENCE_MS = 2000;

/**
 * Takes a data directory for this process alone, and makes it if it is not there.
 *
 * The lock is SQLite's own exclusive lock on a file beside the events. The operating system lets go of it when the
 * process ends, however it ends; a file with a process id in it would outlive a SIGKILL.
 */
export function takeDataDirectory(path: string): DataDirectory {
  const directory = resolve(path);
  let lock: DatabaseSync;
  try {
    mkdirSync(directory, { recursive: true });
    lock = new DatabaseSync(join(directory, 'lock.sqlite'), { timeout: PATIENCE_MS });
  } catch (cause) {
    throw notWritable(directory, cause);
  }
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    if (cause instanceof Error && /locked|busy/i.test(cause.message))
      throw new Error(
        `another event-store node has the data directory ${directory} open: stop that one, or give this one a directory of its own with --data`,
        { cause },
      );
    throw notWritable(directory, cause);
  }
  return { events: join(directory, 'events.sqlite'), release: () => lock.close() };
}

function notWritable(directory: string, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new Error(
    `cannot write to the data directory ${directory} (${reason}): make it writable for this user, or choose another with --data`,
    { cause },
  );
}
