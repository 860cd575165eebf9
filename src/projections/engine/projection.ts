import type { Fact } from '../../events/codec.ts';
import type { Row, Table, TableName, Tx } from './table.ts';

/** What the facts of a batch have made of one stream. */
export type Change<State> = { readonly before: State | undefined; readonly after: State };

/** Facts that come after others which stand behind them in the log: their stream was parked. */
export type Late = {
  /** All facts of some streams that have been applied, in the order of the log. */
  factsOf(streams: readonly string[]): Promise<readonly Fact[]>;
};

/** A batch after folding: what `save` derives its rows from. */
export type FoldedBatch<State> = {
  /** In the order of the log; a long `personal` is whole only where the projection reduces. */
  readonly facts: readonly Fact[];
  /** The state of its stream after each of the facts. */
  readonly states: readonly State[];
  readonly late?: Late | undefined;
  /** By stream. */
  readonly changed: ReadonlyMap<string, Change<State>>;
  /** Among others the states of these streams, as far as they have any: as the batch has changed them, or as kept. */
  statesOf(streams: readonly string[]): Promise<ReadonlyMap<string, State>>;
};

/** The question a read model answers. A value that only writes rows; it acts on nothing and asks nobody. */
export type Projection<State = unknown> = {
  readonly name: string;
  /** To be raised with every change of what its rows hold: the next start builds them anew, beside the old ones. */
  readonly version: number;
  /** Projections of earlier releases whose views it has taken over. */
  readonly replaces?: readonly string[];
  /** Of the streams that it reads. */
  readonly prefixes: readonly string[];
  readonly tables: readonly Table[];
  /** The state of one stream after one more of its facts: pure. Kept by the runtime. Absent: `save` needs the facts only. */
  reduce?(state: State | undefined, fact: Fact): State;
  /** Writes the rows that follow from a batch. The checkpoint moves in the same transaction. */
  save(trx: Tx, table: TableName, batch: FoldedBatch<State>): Promise<void>;
  /**
   * The streams that a row of one of its tables is made of, beside those that the row's columns name
   * (streams-behind.ts): for a person who looks into a difference.
   */
  streamsBehind?(trx: Tx, table: TableName, of: Table, row: Row): Promise<readonly string[]>;
};

/** The name of the projection that a name means: its own, or one of those whose views it has taken over. */
export const projectionCalled = (
  all: readonly Pick<Projection, 'name' | 'replaces'>[],
  name: string,
): string | undefined => all.find((one) => one.name === name || one.replaces?.includes(name))?.name;

/** Which generation's checkpoint. */
export type CheckpointOf = { readonly name: string; readonly generation: number };

/**
 * Moves the checkpoint on, in the transaction of the rows. False: it does not stand where the caller believes, because
 * someone else has moved it, the generation is gone, or another has taken its place. Then nothing may be written.
 */
export async function advanceCheckpoint(
  trx: Tx,
  { name, generation }: CheckpointOf,
  from: bigint | undefined,
  to: bigint,
  caughtUp: boolean,
): Promise<boolean> {
  const moved = await trx.prepared(
    `update projection.projections
        set checkpoint = $1::bigint, caught_up = $2, applied_at = now()
      where name = $3 and generation = $4
        and checkpoint is not distinct from $5::bigint and (checkpoint is null or checkpoint < $1::bigint) and not frozen
     returning 1`,
    [`${to}`, caughtUp, name, generation, from === undefined ? null : `${from}`],
  );
  return moved.length === 1;
}
