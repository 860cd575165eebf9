import type { DatabaseSync } from 'node:sqlite';
import { isRootClear } from './root-page.ts';
import { firstShown, limitsFrom, oldestShown, TOMBSTONE, WITH_HUSKS } from './schema.ts';

/** `more` at once; `held`: another program reads the log as it was, so the rest has to wait for it. */
export type ScavengeStep = 'more' | 'held';

/** One step holds appends up for as long as this takes: some ten milliseconds. */
const STEP_ROWS = 64;
const STEP_BYTES = 1024 * 1024;
const STEP_PAGES = 256;
const BUSY_TIMEOUT_MS = 5000;

type Stream = { readonly id: number; readonly name: string; readonly metadata: string };
type Hidden = { readonly position: number; readonly bytes: number };

/**
 * Removes the bytes of hidden events from the file and its WAL, all but each stream's last. Rows stay as husks: SQLite
 * copies the neighbours of a deleted one to where no later removal finds them.
 */
export function* scavenge(db: DatabaseSync, file: string): Generator<ScavengeStep, void> {
  // By index, since most streams have no metadata.
  const nextStream = db.prepare(`SELECT id, name, metadata FROM streams INDEXED BY streams_with_metadata
    WHERE id > ? AND metadata IS NOT NULL ORDER BY id LIMIT 1`);
  const lastOf = db.prepare('SELECT max(revision) AS last FROM events WHERE stream_id = ?');
  const scavengedBefore = db.prepare('SELECT before FROM scavenged WHERE stream_id = ?');
  const setScavenged = db.prepare('INSERT OR REPLACE INTO scavenged VALUES (?, ?)');
  const hidden = db.prepare(`SELECT position, length(message) AS bytes FROM events
    WHERE stream_id = ? AND revision >= ? AND revision < ? AND (revision < ? OR created < ?) AND length(message) > 0
    ORDER BY revision LIMIT ${STEP_ROWS}`);
  const empty = db.prepare("UPDATE events SET id = '', stream = '', type = '', message = x'' WHERE position = ?");

  let rows = 0;
  let bytes = 0;
  const isStepOver = () => rows >= STEP_ROWS || bytes >= STEP_BYTES;
  function* between(): Generator<ScavengeStep, void> {
    db.exec('COMMIT');
    yield 'more';
    db.exec('BEGIN IMMEDIATE');
    rows = bytes = 0;
  }

  db.exec('BEGIN IMMEDIATE');
  let stream = nextStream.get(0) as Stream | undefined;
  for (; stream; stream = nextStream.get(stream.id) as Stream | undefined) {
    const limits = limitsFrom(stream.metadata);
    const last = Number(lastOf.get(stream.id)?.last ?? -1);
    const before = last === TOMBSTONE ? last : Math.min(firstShown(stream.name, last, limits), last);
    const from = Number(scavengedBefore.get(stream.id)?.before ?? 0);
    const oldest = oldestShown(limits, Date.now());
    rows++;
    for (;;) {
      const found = hidden.all(stream.id, from, last, before, oldest) as Hidden[];
      if (found.length > 0) db.exec(WITH_HUSKS);
      for (const event of found) {
        empty.run(event.position);
        rows++;
        bytes += event.bytes;
        if (isStepOver()) yield* between();
      }
      if (found.length < STEP_ROWS) break;
    }
    if (before > from) setScavenged.run(stream.id, before);
    if (isStepOver()) yield* between();
  }
  db.exec('COMMIT');

  yield* emptyWal(db);
  yield* shrink(db);
  yield* emptyWal(db);
  if (!isRootClear(db, file))
    throw new Error('a program read the log when this node started: start it again while nothing else reads it');
}

/** Gives free pages back to the disk; the log of an earlier release keeps them for later events. */
function* shrink(db: DatabaseSync): Generator<ScavengeStep, void> {
  const free = db.prepare('PRAGMA freelist_count');
  const count = () => Number(free.get()?.freelist_count);
  if (Number(db.prepare('PRAGMA auto_vacuum').get()?.auto_vacuum) === 0) return;
  for (let left = count(); left > 0; left = Math.min(left - STEP_PAGES, count())) {
    db.exec(`PRAGMA incremental_vacuum(${STEP_PAGES})`);
    yield 'more';
  }
}

/** The WAL holds pages as they were before, and is only cut off while nobody reads by it. */
function* emptyWal(db: DatabaseSync): Generator<ScavengeStep, void> {
  for (;;) {
    db.exec('PRAGMA busy_timeout = 0');
    const isHeld = Number(db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.busy) !== 0;
    db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    if (!isHeld) return;
    yield 'held';
  }
}
