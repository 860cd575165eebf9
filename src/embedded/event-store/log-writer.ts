import { randomUUID } from 'node:crypto';
import { type Command, decide, type Outcome } from './decide.ts';
import { encodeEvent, isJson, JSON_CONTENT, type NewEvent } from './event-bytes.ts';
import { scavenge } from './scavenge.ts';
import {
  firstShown,
  isMetastream,
  limitsFrom,
  METADATA_TYPE,
  metastreamOf,
  oldestShown,
  openForWriting,
  SOFT_DELETED,
  streamOf,
  TOMBSTONE,
  undeleted,
} from './schema.ts';
import { type Head, recentIds, streamHeads } from './writer-memory.ts';

const NOTHING = new Uint8Array(0);

/** The single writer of the log. */
export function openLogWriter(file: string) {
  const db = openForWriting(file);
  const heads = streamHeads(db);
  const recent = recentIds();
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const insertEvent = db.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const eventAt = db.prepare('SELECT id, position, created FROM events WHERE stream_id = ? AND revision = ?');
  const skipTo = db.prepare('UPDATE log SET next_position = ?');

  const saved = db.prepare('SELECT next_position FROM log').get();
  // Never 0: a subscription that starts after position 0 would miss the first event.
  if (!saved) db.exec('INSERT INTO log VALUES (1)');
  const highest = db.prepare('SELECT max(position) AS position FROM events').get()?.position;
  let next = Math.max(Number(saved?.next_position ?? 1), Number(highest ?? 0) + 1);
  let now = Date.now();

  function write(head: Head, event: NewEvent, revision: number): number {
    const position = next++;
    const at = { stream: head.name, revision, position, created: now };
    const message = encodeEvent(event, at);
    insertEvent.run(position, head.id, revision, now, event.id, head.name, event.type, message);
    recent.remember(event.id, head.name, revision);
    head.last = revision;
    if (isMetastream(head.name)) {
      const metadata = isJson(event) ? Buffer.from(event.data).toString() : '{}';
      heads.setMetadata(heads.open(streamOf(head.name)), metadata);
    }
    return position;
  }

  function writeMetadata(stream: string, metadata: string): number {
    const head = heads.open(metastreamOf(stream));
    const id = randomUUID();
    const data = Buffer.from(metadata);
    return write(head, { id, type: METADATA_TYPE, contentType: JSON_CONTENT, data, metadata: NOTHING }, head.last + 1);
  }

  function append(name: string, events: readonly NewEvent[]): Outcome {
    const head = heads.open(name);
    const before = head.last;
    const { softDeleted } = limitsFrom(head.metadata);
    let position = 0;
    for (const event of events) position = write(head, event, head.last + 1);
    if (events.length === 0) {
      // Answered with a place of its own in the log, as on a live server, and that place is not given out again.
      position = next++;
      skipTo.run(next);
    }
    if (softDeleted) writeMetadata(name, undeleted(head.metadata, before + 1));
    return { kind: 'done', revision: Math.max(head.last, 0), position };
  }

  function repeated(head: Head, revision: number): Outcome {
    const event = eventAt.get(head.id, revision);
    const limits = limitsFrom(head.metadata);
    const shown =
      event &&
      revision >= firstShown(head.name, head.last, limits) &&
      Number(event.created) >= oldestShown(limits, now);
    return { kind: 'done', revision, position: shown ? Number(event.position) : undefined };
  }

  function tombstone(name: string): Outcome {
    const event = { id: randomUUID(), type: '$streamDeleted', contentType: 'application/octet-stream' };
    const head = heads.open(name);
    if (head.metadata === null) heads.setMetadata(head, '{}'); // a scavenge looks at what has some
    const position = write(head, { ...event, data: NOTHING, metadata: NOTHING }, TOMBSTONE);
    return { kind: 'done', revision: TOMBSTONE, position };
  }

  function apply({ kind, stream, expected, events }: Command): Outcome {
    const head = heads.find(stream);
    const last = head?.last ?? -1;
    const metadata = head?.metadata ?? null;
    const state = { name: stream, last, softDeleted: limitsFrom(metadata).softDeleted, hasMetadata: metadata !== null };
    // A deletion is checked as an append of one event with a new id.
    const ids = kind === 'append' ? events.map(({ id }) => id) : [randomUUID()];
    const idAt = (revision: number) => (head ? (eventAt.get(head.id, revision)?.id as string | undefined) : undefined);
    const decision = decide(state, expected, ids, { recent: recent.get, idAt });

    if (decision.kind === 'deleted') return { kind: 'deleted' };
    if (decision.kind === 'wrong revision') return { kind: 'wrong revision', actual: last };
    if (decision.kind === 'repeat' && head) return repeated(head, decision.revision);
    if (kind === 'append') return append(stream, events);
    if (kind === 'tombstone') return tombstone(stream);
    // A stream of which there is only metadata can be deleted too.
    if (last < 0 && !state.hasMetadata) return { kind: 'wrong revision', actual: last };
    return { kind: 'done', revision: last, position: writeMetadata(stream, SOFT_DELETED) };
  }

  return {
    /** Carries out all of it in one transaction. When this returns, it is on disk; when it throws, nothing is. */
    commit(commands: readonly Command[]): readonly Outcome[] {
      now = Date.now();
      const from = next;
      begin.run();
      try {
        const outcomes = commands.map(apply);
        commit.run();
        return outcomes;
      } catch (error) {
        // What is held in memory is ahead of the disk now.
        heads.forget();
        recent.forget();
        next = from;
        if (db.isTransaction) db.exec('ROLLBACK');
        throw error;
      }
    },
    /** Between its steps there is no transaction. */
    scavenge: () => scavenge(db, file),
    /** After an error in a step. */
    rollBack(): void {
      if (db.isTransaction) db.exec('ROLLBACK');
    },
    /** Grows with every event that is written. */
    nextPosition: (): number => next,
    close: (): void => db.close(),
  };
}

/** SQLite's primary result codes (sqlite.org/rescode.html). */
const SQLITE_READONLY = 8;
const SQLITE_FULL = 13;

/** Why nothing was written, in words that an operator and the client act on (docs/event-store.md, "Errors"). */
export function reasonOf(error: unknown): string {
  const { errcode, message } = error as { errcode?: number; message?: string };
  switch ((errcode ?? 0) & 0xff) {
    case SQLITE_FULL:
      return 'the disk is full';
    case SQLITE_READONLY:
      return 'the log is read-only';
    default:
      // A quota or a limit of file sizes comes as an I/O error.
      return `the log cannot be written: ${message ?? error}`;
  }
}
