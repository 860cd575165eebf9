import type { Fact } from '../../events/codec.ts';
import { advanceCheckpoint } from './checkpoint.ts';
import { type Database, inTransaction } from './connection.ts';
import { foldBatch } from './fold-batch.ts';
import { type Generation, tableNames } from './generations.ts';
import type { Projection } from './projection.ts';

export type ReadBatch = {
  readonly facts: readonly Fact[];
  /** Of the last event read, which may have been none of ours. */
  readonly position: bigint;
  readonly caughtUp: boolean;
};

/** Read model and checkpoint move together or not at all, and this is the one place (C4). */
export const applyBatch = (
  db: Database,
  projection: Projection,
  generation: Generation,
  base: bigint | undefined,
  { facts, position, caughtUp }: ReadBatch,
): Promise<'applied' | 'superseded'> =>
  inTransaction(db, async (trx) => {
    if (!(await advanceCheckpoint(trx, generation, base, position, caughtUp))) return 'superseded';
    if (facts.length > 0) await foldBatch(trx, projection, tableNames(generation), facts);
    return 'applied';
  });
