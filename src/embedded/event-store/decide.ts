import type { NewEvent } from './event-bytes.ts';
import { ANY, type ExpectedRevision, NO_STREAM, STREAM_EXISTS } from './requests.ts';
import { TOMBSTONE } from './schema.ts';

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

/** Where an event was written. */
export type Whereabouts = { readonly stream: string; readonly revision: number };

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
