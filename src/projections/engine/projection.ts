import type { Fact } from '../../events/codec.ts';
import type { Mutex } from '../../postgres/mutex.ts';
import type { Row, Table, Tables } from './table.ts';

/** What the facts of a batch have made of one stream. */
export type Change<State> = { readonly before: State | undefined; readonly after: State };

/** Facts in the order of the log, each with the state of its stream after it. */
export type Course<State> = { readonly facts: readonly Fact[]; readonly states: readonly State[] };

/** Set when facts are applied after later ones of the log: their stream was parked, or an erasure has left them. */
export type Late<State> = {
  /** All that has been applied of some streams, from their beginning. Throws EventStoreUnavailable. */
  courseOf(streams: readonly string[]): Promise<Course<State>>;
};

/** A batch after folding: what `save` derives its rows from. */
export type FoldedBatch<State> = Course<State> & {
  readonly late?: Late<State> | undefined;
  /** By stream. */
  readonly changed: ReadonlyMap<string, Change<State>>;
  /** The current states of at least these streams, as far as they have any. */
  statesOf(streams: readonly string[]): Promise<ReadonlyMap<string, State>>;
};

/** A value that folds facts into rows, and has no other effects. */
export type Projection<State = unknown> = {
  readonly name: string;
  /** To be raised when its rows change: the next start builds them again beside the old ones. */
  readonly version: number;
  /** Projections of earlier releases whose views it has taken over. */
  readonly replaces?: readonly string[];
  /** Of the streams that it reads. */
  readonly prefixes: readonly string[];
  readonly tables: readonly Table[];
  /** The state of a stream after one more fact; pure. */
  reduce(state: State | undefined, fact: Fact): State;
  /** Writes the rows that follow from a batch. The checkpoint moves in the same transaction. */
  save(tables: Tables, batch: FoldedBatch<State>): Promise<void>;
  /** Streams that a row rests on beside those its columns name (behind-rows.ts), for a person who looks into a difference. */
  streamsBehind?(tables: Tables, of: Table, row: Row): Promise<readonly string[]>;
};

/** The lead of a version: while versions change, the old one keeps its generation up to date and the new one builds the next. */
export const leadOf = ({ name, version }: Pick<Projection, 'name' | 'version'>): Mutex => ({
  kind: 'projection',
  name: `${name}:${version}`,
});

/** Resolves the name of a projection, or of one whose views it has taken over. */
export const projectionCalled = (
  all: readonly Pick<Projection, 'name' | 'replaces'>[],
  name: string,
): string | undefined => all.find((one) => one.name === name || one.replaces?.includes(name))?.name;
