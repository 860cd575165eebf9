import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** The offsets in a page are those of SQLite's file format (sqlite.org/fileformat2.html, "B-tree Pages"). */
const INTERIOR_TABLE_PAGE = 0x05;
const CELL_POINTERS = 12;

/** What lies between the pointers and the cells of the root of a table, which belongs to nothing. */
type Gap = { readonly at: number; readonly bytes: Buffer };

/**
 * When the first page of a table splits, SQLite leaves its bytes in the root, unless `secure_delete` was on by then:
 * the first events of a log, in one of an earlier release or from a backup.
 */
function gapOf(fd: number, rootPage: number): Gap | undefined {
  const header = Buffer.alloc(100);
  readSync(fd, header, 0, 100, 0);
  const size = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
  const page = Buffer.alloc(size);
  const at = (rootPage - 1) * size;
  if (readSync(fd, page, 0, size, at) < size || page[0] !== INTERIOR_TABLE_PAGE) return undefined;
  const from = CELL_POINTERS + 2 * page.readUInt16BE(3);
  const to = page.readUInt16BE(5) || 65_536;
  return from < to && to <= size ? { at: at + from, bytes: page.subarray(from, to) } : undefined;
}

const isClear = ({ bytes }: Gap): boolean => bytes.every((byte) => byte === 0);

const rootPageOf = (db: DatabaseSync): number =>
  Number(db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'events'").get()?.rootpage ?? 0);

/** Whether nothing but what the table holds is in its root, in the file of a log whose WAL is empty. */
export function isRootClear(db: DatabaseSync, file: string): boolean {
  const fd = openSync(file, 'r');
  try {
    const gap = gapOf(fd, rootPageOf(db));
    return gap === undefined || isClear(gap);
  } finally {
    closeSync(fd);
  }
}

/** Clears it, while no connection of this process has the log open; not while another program reads it. */
export function clearRoot(file: string): void {
  const db = new DatabaseSync(file);
  let rootPage = 0;
  try {
    if (Number(db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.busy) === 0) rootPage = rootPageOf(db);
  } finally {
    db.close();
  }
  if (rootPage === 0) return;
  const fd = openSync(file, 'r+');
  try {
    const gap = gapOf(fd, rootPage);
    if (gap === undefined || isClear(gap)) return;
    writeSync(fd, gap.bytes.fill(0), 0, gap.bytes.length, gap.at);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
