import { ANY, type ExpectedRevision, NO_STREAM, STREAM_EXISTS } from './expected-revision.ts';
import type { Whereabouts } from './recent-ids.ts';
import { TOMBSTONE } from './schema.ts';

/** What the writer knows of a stream before it appends. `last` is -1 for one that does not exist. */
export type StreamState = {
  readonly name: string;
  readonly last: number;
  readonly softDeleted: boolean;
  readonly hasMetadata: boolean;
};

export type Decision =
  | { readonly kind: 'write' }
  | { readonly kind: 'repeat'; readonly revision: number }
  | { readonly kind: 'wrong revision' }
  | { readonly kind: 'deleted' };

export type Known = {
  /** by id, in memory */
  readonly recent: (id: string) => Whereabouts | undefined;
  /** by place, on disk */
  readonly idAt: (revision: number) => string | undefined;
};

/**
 * Whether an append is new, a repeat of one that is written, or refused. The same order of questions as in
 * EventStoreDB's own check, surprises included: a repeat at the current revision is a new append, and only ids at
 * the expected places are compared, never the data.
 */
export function decide(state: StreamState, expected: ExpectedRevision, ids: readonly string[], known: Known): Decision {
  if (state.last === TOMBSTONE) return { kind: 'deleted' };
  if (expected === STREAM_EXISTS) {
    if (state.softDeleted) return { kind: 'deleted' };
    if (state.last < 0 && !state.hasMetadata) return { kind: 'wrong revision' };
  }
  if (expected === ANY || expected === STREAM_EXISTS) return decideFromMemory(state, ids, known);
  if (expected > state.last) return { kind: 'wrong revision' };
  if (expected === state.last) return { kind: 'write' };
  return decideFromPlaces(state, expected, ids, known);
}

function decideFromMemory(state: StreamState, ids: readonly string[], known: Known): Decision {
  let revision: number | undefined;
  for (const id of ids) {
    const at = known.recent(id);
    if (at?.stream !== state.name) return { kind: revision === undefined ? 'write' : 'wrong revision' };
    revision = at.revision;
  }
  return revision === undefined ? { kind: 'write' } : { kind: 'repeat', revision };
}

function decideFromPlaces(state: StreamState, expected: number, ids: readonly string[], known: Known): Decision {
  let revision = expected;
  for (const id of ids) {
    revision++;
    if (known.idAt(revision) === id) continue;
    const isFirst = revision === expected + 1;
    return { kind: isFirst && expected === NO_STREAM && state.softDeleted ? 'write' : 'wrong revision' };
  }
  return revision === expected ? { kind: 'wrong revision' } : { kind: 'repeat', revision };
}
