import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { HAS_BYTES } from './event-store/schema.ts';

export type Backup = {
  readonly events: number;
  /** Of the newest event; null for an empty log. */
  readonly position: string | null;
  readonly bytes: number;
};

/**
 * Copies an embedded log as it is at one moment, also while a node writes it, to a file that must not exist. The copy is
 * on disk when this resolves, and only its owner can read it.
 */
export async function backUpLog(log: string, to: string): Promise<Backup> {
  const part = `${to}.part`;
  await rm(part, { force: true });
  await (await open(part, 'wx', 0o600)).close();
  try {
    copy(log, part);
    const backup = { ...examine(part), bytes: (await stat(part)).size };
    await sync(part); // SQLite leaves that to us here
    await rename(part, to);
    await sync(dirname(to));
    return backup;
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/** In one snapshot. The backup interface of SQLite would begin anew whenever the node writes. */
function copy(log: string, part: string): void {
  const db = new DatabaseSync(log, { readOnly: true });
  try {
    db.prepare('VACUUM INTO ?').run(part);
  } finally {
    db.close();
  }
}

function examine(file: string): Omit<Backup, 'bytes'> {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const check = db.prepare('PRAGMA quick_check(1)').get()?.quick_check;
    if (check !== 'ok') throw new Error(`the copy is damaged: ${check}`);
    const { events, position } = db
      .prepare(`SELECT count(*) FILTER (WHERE ${HAS_BYTES}) AS events, max(position) AS position FROM events`)
      .get()!;
    return { events: Number(events), position: position === null ? null : `${position}` };
  } finally {
    db.close();
  }
}

async function sync(path: string): Promise<void> {
  const file = await open(path);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
