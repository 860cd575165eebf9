import type { Fact } from '../../events/codec.ts';
import type { Table, TableName, Tx } from './table.ts';

/** What the facts of a batch have made of one stream. */
export type Change<State> = { readonly before: State | undefined; readonly after: State };

/** A batch after folding: what `save` derives its rows from. */
export type FoldedBatch<State> = {
  /** In the order of the log; a long `personal` is whole only where the projection reduces. */
  readonly facts: readonly Fact[];
  /** By stream. */
  readonly changed: ReadonlyMap<string, Change<State>>;
  /** The states of other streams, as far as they have any. */
  statesOf(streams: readonly string[]): Promise<ReadonlyMap<string, State>>;
};

/** The question a read model answers. A value that only writes rows; it acts on nothing and asks nobody. */
export type Projection<State = unknown> = {
  readonly name: string;
  /** To be raised with every change of what its rows hold: the next start builds them anew, beside the old ones. */
  readonly version: number;
  /** Of the streams that it reads. */
  readonly prefixes: readonly string[];
  readonly tables: readonly Table[];
  /** The state of one stream after one more of its facts: pure. Kept by the runtime. Absent: `save` needs the facts only. */
  reduce?(state: State | undefined, fact: Fact): State;
  /** Writes the rows that follow from a batch. The checkpoint moves in the same transaction. */
  save(trx: Tx, table: TableName, batch: FoldedBatch<State>): Promise<void>;
};
