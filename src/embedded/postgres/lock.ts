import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

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
