import { DatabaseSync } from 'node:sqlite';

/**
 * The revision a tombstone is stored under. EventStoreDB says 2^63-1, which no JavaScript number holds;
 * it is translated where an event is encoded.
 */
export const TOMBSTONE = Number.MAX_SAFE_INTEGER;

/** Counts up when the tables change. */
const FORMAT = 1;

// `message` is the event as a client will receive it, encoded once when it is written: a read copies bytes and
// encodes nothing. It stands last, because SQLite does not touch a row's later pages for the columns before them,
// so that a filter can pass over large events without reading them. `stream` repeats the name for the same reason:
// a filter needs it and a join per row would cost more than the bytes do. The last revision of a stream is not stored
// beside it: it is the end of the index, and an append to an old stream then has one page less to write.
const TABLES = `
  CREATE TABLE IF NOT EXISTS streams (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    metadata TEXT
  ) STRICT;
  CREATE TABLE IF NOT EXISTS events (
    position INTEGER PRIMARY KEY,
    stream_id INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    created INTEGER NOT NULL,
    id TEXT NOT NULL,
    stream TEXT NOT NULL,
    type TEXT NOT NULL,
    message BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS events_of_stream ON events (stream_id, revision);
  CREATE TABLE IF NOT EXISTS log (next_position INTEGER NOT NULL) STRICT;
`;

/** A stream, its last revision being -1 when all there is of it is metadata. */
export const SELECT_STREAM = `
  SELECT id, metadata, coalesce((SELECT max(revision) FROM events WHERE stream_id = streams.id), -1) AS last
  FROM streams WHERE name = ?`;

/** The one connection that writes. Its commits are on disk when they return. */
export function openForWriting(file: string): DatabaseSync {
  // Whoever looks into the file with another program may hold it for a moment.
  const db = new DatabaseSync(file, { timeout: 5000 });
  // Small pages, because a commit writes whole ones and touches one of the index for each stream in it.
  db.exec('PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  db.exec('PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -65536');
  const format = Number(db.prepare('PRAGMA user_version').get()?.user_version);
  if (format > FORMAT) throw new Error(`it was written by a newer version of this node, in format ${format}`);
  db.exec(TABLES);
  db.exec(`PRAGMA user_version = ${FORMAT}`);
  return db;
}

/** A connection for reads; it sees what is committed and never waits for the writer. */
export function openForReading(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { readOnly: true });
  db.exec('PRAGMA cache_size = -65536');
  return db;
}
