import { DatabaseSync } from 'node:sqlite';

/**
 * The revision a tombstone is stored under. EventStoreDB says 2^63-1, which no JavaScript number holds;
 * it is translated where an event is encoded.
 */
export const TOMBSTONE = Number.MAX_SAFE_INTEGER;

// `message` is the event as a client will receive it, encoded once when it is written: a read copies bytes and
// encodes nothing. It stands last, because SQLite does not touch a row's later pages for the columns before them,
// so that a filter can pass over large events without reading them. `stream` repeats the name for the same reason:
// a filter needs it and a join per row would cost more than the bytes do.
const TABLES = `
  CREATE TABLE IF NOT EXISTS streams (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    last INTEGER NOT NULL,
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

/** The one connection that writes. Its commits are on disk when they return. */
export function openForWriting(file: string): DatabaseSync {
  const db = new DatabaseSync(file);
  // A bigger page holds several events of the usual size, and the log is read from one end to the other.
  db.exec('PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536');
  db.exec(TABLES);
  return db;
}

/** A connection for reads; it sees what is committed and never waits for the writer. */
export function openForReading(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { readOnly: true });
  db.exec('PRAGMA cache_size = -65536; PRAGMA mmap_size = 1073741824');
  return db;
}
