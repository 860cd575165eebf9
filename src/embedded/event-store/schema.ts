import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { clearRoot } from './root-page.ts';

/**
 * The revision a tombstone is stored under. EventStoreDB says 2^63-1, which no JavaScript number holds;
 * it is translated where an event is encoded.
 */
export const TOMBSTONE = Number.MAX_SAFE_INTEGER;

/** Counts up when what a log holds would not be understood by an earlier node: 2, once it has husks. */
const FORMAT = 1;
const FORMAT_WITH_HUSKS = 2;

// `message` holds the bytes that a client receives, so that a read encodes nothing. It is the last column, and `stream`
// repeats the name, so that a filter skips large events unread.
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
  CREATE INDEX IF NOT EXISTS streams_with_metadata ON streams (id) WHERE metadata IS NOT NULL;
  CREATE TABLE IF NOT EXISTS scavenged (stream_id INTEGER PRIMARY KEY, before INTEGER NOT NULL) STRICT;
`;

/** A scavenged event is a husk: its place, and no bytes. Its length is in the row's header. */
export const HAS_BYTES = 'length(message) > 0';
export const WITH_HUSKS = `PRAGMA user_version = ${FORMAT_WITH_HUSKS}`;

/** A stream, its last revision being -1 when all there is of it is metadata. */
export const SELECT_STREAM = `
  SELECT id, metadata, coalesce((SELECT max(revision) FROM events WHERE stream_id = streams.id), -1) AS last
  FROM streams WHERE name = ?`;

/** The one connection that writes. Its commits are on disk when they return. */
export function openForWriting(file: string): DatabaseSync {
  if (existsSync(file)) clearRoot(file);
  // Another program that looks into the file may hold it for a moment.
  const db = new DatabaseSync(file, { timeout: 5000 });
  // Before the file is made; one that is there keeps its way.
  db.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA secure_delete = ON');
  // Small pages, because a commit writes whole ones and touches one of the index for each stream in it.
  db.exec('PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  db.exec('PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -65536');
  const format = Number(db.prepare('PRAGMA user_version').get()?.user_version);
  if (format > FORMAT_WITH_HUSKS)
    throw new Error(`it was written by a newer version of this node, in format ${format}`);
  db.exec(TABLES);
  if (format < FORMAT) db.exec(`PRAGMA user_version = ${FORMAT}`);
  return db;
}

/** A connection for reads; it sees what is committed and never waits for the writer. */
export function openForReading(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { readOnly: true });
  db.exec('PRAGMA cache_size = -65536');
  return db;
}

/** The limits in the metadata of a stream: how much of it is shown. */
type Limits = {
  readonly truncateBefore: number;
  readonly maxCount: number | undefined;
  /** seconds */
  readonly maxAge: number | undefined;
  /** `deleteStream` is nothing but a `$tb` of 2^63-1 */
  readonly softDeleted: boolean;
};

export const METADATA_TYPE = '$metadata';
/** Written as text: JavaScript cannot hold the number. */
export const SOFT_DELETED = '{"$tb":9223372036854775807}';
const SOFT_DELETED_AT = 2 ** 63;
const NO_LIMITS: Limits = { truncateBefore: 0, maxCount: undefined, maxAge: undefined, softDeleted: false };

export const isMetastream = (stream: string): boolean => stream.startsWith('$$');
export const metastreamOf = (stream: string): string => `$$${stream}`;
export const streamOf = (metastream: string): string => metastream.slice(2);

/** What cannot be understood limits nothing, as on a live server. */
export function limitsFrom(metadata: string | null): Limits {
  if (metadata === null) return NO_LIMITS;
  const set = parsed(metadata);
  const truncateBefore = whole(set.$tb) ?? 0;
  return {
    truncateBefore,
    maxCount: whole(set.$maxCount),
    maxAge: whole(set.$maxAge),
    softDeleted: truncateBefore >= SOFT_DELETED_AT,
  };
}

/** The metadata of a stream that was deleted and is appended to again at `revision`; everything else in it stays. */
export const undeleted = (metadata: string | null, revision: number): string =>
  JSON.stringify({ ...(metadata === null ? {} : parsed(metadata)), $tb: revision });

/** The first revision that is shown, ages left aside. A tombstone always is. */
export function firstShown(stream: string, last: number, limits: Limits): number {
  if (isMetastream(stream)) return last;
  const byCount = limits.maxCount === undefined || last === TOMBSTONE ? 0 : last - limits.maxCount + 1;
  return Math.min(Math.max(byCount, limits.truncateBefore), TOMBSTONE);
}

/** Events created before this instant are not shown. */
export const oldestShown = (limits: Limits, now: number): number =>
  limits.maxAge === undefined ? 0 : now - limits.maxAge * 1000;

const whole = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined;

function parsed(metadata: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(metadata);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
