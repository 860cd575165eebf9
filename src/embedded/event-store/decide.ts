import type { DatabaseSync } from 'node:sqlite';
import type { NewEvent } from './event-bytes.ts';
import { ANY, type ExpectedRevision, NO_STREAM, STREAM_EXISTS } from './requests.ts';
import { SELECT_STREAM, TOMBSTONE } from './schema.ts';

/** What can be asked of the log. */
export type Command = {
  readonly kind: 'append' | 'delete' | 'tombstone';
  readonly stream: string;
  readonly expected: ExpectedRevision;
  /** none for `delete` and `tombstone` */
  readonly events: readonly NewEvent[];
};

/** What came of it. A repeat of an event that is no longer shown has no position. */
export type Outcome =
  | { readonly kind: 'done'; readonly revision: number; readonly position: number | undefined }
  | { readonly kind: 'wrong revision'; readonly actual: number }
  | { readonly kind: 'deleted' }
  /** A full disk, a broken file: nothing of it is stored. */
  | { readonly kind: 'not written'; readonly reason: string }
  /** The deadline passed first. If it was being written by then, it may be stored. */
  | { readonly kind: 'timed out' };

type Whereabouts = { readonly stream: string; readonly revision: number };

/**
 * Where the latest events were written, by id: `any` and `stream_exists` recognise a repeat by it. As on a live server
 * it is lost at a restart.
 */
export function recentIds(capacity = 100_000) {
  const places = new Map<string, Whereabouts>();
  return {
    get: (id: string): Whereabouts | undefined => places.get(id),
    /** A repeated id keeps its first place. */
    remember(id: string, stream: string, revision: number): void {
      if (places.has(id)) return;
      places.set(id, { stream, revision });
      if (places.size <= capacity) return;
      for (const oldest of places.keys()) {
        places.delete(oldest);
        break;
      }
    },
    forget: (): void => places.clear(),
  };
}

/** A stream as the writer knows it. */
export type Head = {
  readonly id: number;
  readonly name: string;
  last: number;
  metadata: string | null;
};

const KEPT = 50_000;

/** The heads of the streams last written to, so that an append seldom has to ask the disk first. */
export function streamHeads(db: DatabaseSync) {
  const select = db.prepare(SELECT_STREAM);
  const insert = db.prepare('INSERT INTO streams (name, metadata) VALUES (?, NULL)');
  const setMetadata = db.prepare('UPDATE streams SET metadata = ? WHERE id = ?');
  const heads = new Map<string, Head>();

  function keep(head: Head): Head {
    heads.set(head.name, head);
    if (heads.size > KEPT) heads.delete(heads.keys().next().value!);
    return head;
  }

  function find(name: string): Head | undefined {
    const held = heads.get(name);
    if (held) return held;
    const row = select.get(name) as Omit<Head, 'name'> | undefined;
    return row && keep({ ...row, name });
  }

  return {
    find,
    /** The head of a stream that is about to be written to. */
    open: (name: string): Head =>
      find(name) ?? keep({ id: Number(insert.run(name).lastInsertRowid), name, last: -1, metadata: null }),
    setMetadata(head: Head, metadata: string): void {
      setMetadata.run(metadata, head.id);
      head.metadata = metadata;
    },
    forget: (): void => heads.clear(),
  };
}

/** What the writer knows of a stream before it appends. `last` is -1 for one that does not exist. */
type StreamState = {
  readonly name: string;
  readonly last: number;
  readonly softDeleted: boolean;
  readonly hasMetadata: boolean;
};

type Decision =
  | { readonly kind: 'write' }
  | { readonly kind: 'repeat'; readonly revision: number }
  | { readonly kind: 'wrong revision' }
  | { readonly kind: 'deleted' };

type Written = {
  /** by id, in memory */
  readonly recent: (id: string) => Whereabouts | undefined;
  /** by place, on disk */
  readonly idAt: (revision: number) => string | undefined;
};

/**
 * Decides whether an append is new, a repeat, or refused, by EventStoreDB's own checks in their order: a repeat at the
 * current revision is new, and only ids are compared.
 */
export function decide(
  state: StreamState,
  expected: ExpectedRevision,
  ids: readonly string[],
  written: Written,
): Decision {
  if (state.last === TOMBSTONE) return { kind: 'deleted' };
  if (expected === STREAM_EXISTS) {
    if (state.softDeleted) return { kind: 'deleted' };
    if (state.last < 0 && !state.hasMetadata) return { kind: 'wrong revision' };
  }
  if (expected === ANY || expected === STREAM_EXISTS) return decideFromMemory(state, ids, written);
  if (expected > state.last) return { kind: 'wrong revision' };
  if (expected === state.last) return { kind: 'write' };
  return decideFromPlaces(state, expected, ids, written);
}

function decideFromMemory(state: StreamState, ids: readonly string[], written: Written): Decision {
  let revision: number | undefined;
  for (const id of ids) {
    const at = written.recent(id);
    if (at?.stream !== state.name) return { kind: revision === undefined ? 'write' : 'wrong revision' };
    revision = at.revision;
  }
  return revision === undefined ? { kind: 'write' } : { kind: 'repeat', revision };
}

function decideFromPlaces(state: StreamState, expected: number, ids: readonly string[], written: Written): Decision {
  let revision = expected;
  for (const id of ids) {
    revision++;
    if (written.idAt(revision) === id) continue;
    const isFirst = revision === expected + 1;
    return { kind: isFirst && expected === NO_STREAM && state.softDeleted ? 'write' : 'wrong revision' };
  }
  return revision === expected ? { kind: 'wrong revision' } : { kind: 'repeat', revision };
}
