import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * Takes the directory for this process. A file holding a pid goes stale; a lock of the operating system ends with its
 * process however that ends. Node offers none, but SQLite takes one for us, in an empty file.
 */
export function lockDirectory(dataDir: string): { release(): void } | 'in use' {
  const db = new DatabaseSync(join(dataDir, 'lock'));
  try {
    db.exec('BEGIN EXCLUSIVE');
    return { release: () => db.close() };
  } catch (error) {
    db.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return 'in use';
    throw error;
  }
}

const SQLITE_BUSY = 5;
