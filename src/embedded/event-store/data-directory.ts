import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export type DataDirectory = { readonly events: string; readonly release: () => void };

// A node that was just killed may need a moment until the system has closed its files.
const PATIENCE_MS = 2000;

/**
 * Makes the data directory if need be, and locks it for this process. The lock is SQLite's own: the operating system
 * releases it even after a SIGKILL.
 */
export function lockDataDirectory(path: string): DataDirectory {
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
