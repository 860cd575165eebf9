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
  return cannotStart(`write to the data directory ${directory}`, reason, 'make it writable for this user', cause);
}

/** An error that names the remedy: room, where a disk has none. */
export function cannotStart(what: string, reason: string, remedy: string, cause: unknown): Error {
  const first = /is full|no space left/i.test(reason) ? 'make room on its disk' : remedy;
  return new Error(`cannot ${what} (${reason}): ${first}, or choose another directory with --data`, { cause });
}
