import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { closeToOthers, makePrivate } from '../private-directory.ts';
import { keptToken } from './token.ts';

export type DataDirectory = {
  readonly events: string;
  /** The token that is kept here, made if there is none. */
  readonly token: () => string;
  readonly release: () => void;
};

// SQLite puts files of its own beside each.
const FILES = /^(events\.sqlite|lock\.sqlite|token)/;

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
    makePrivate(directory);
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
  const narrowed = closeToOthers(directory, FILES);
  if (narrowed.length > 0) console.error(`closed to other users of this machine: ${narrowed.join(', ')}`);
  return {
    events: join(directory, 'events.sqlite'),
    token() {
      try {
        return keptToken(directory);
      } catch (cause) {
        throw notWritable(directory, cause);
      }
    },
    release: () => lock.close(),
  };
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
