import type { Fact } from '../../events/codec.ts';
import { type Database, inTransaction } from '../engine/connection.ts';
import { foldBatch } from '../engine/fold-batch.ts';
import { type Generation, tableNames } from '../engine/generations.ts';
import type { Projection } from '../engine/projection.ts';
import { advanceCheckpoint } from './checkpoint.ts';
import { hotStates } from './hot-states.ts';

export type ReadBatch = {
  readonly facts: readonly Fact[];
  /** Of the last event read, which may have been none of ours. */
  readonly position: bigint;
  readonly caughtUp: boolean;
  /** About how many characters are in the facts. */
  readonly weight: number;
};

/** Read model and checkpoint move together or not at all, and this is the one place (C4). */
export async function applyBatch(
  db: Database,
  projection: Projection,
  generation: Generation,
  base: bigint | undefined,
  { facts, position, caughtUp, weight }: ReadBatch,
  hot = hotStates(),
): Promise<'applied' | 'superseded'> {
  const written = await inTransaction(db, async (trx) => {
    if (!(await advanceCheckpoint(trx, generation, base, position, caughtUp))) return undefined;
    return facts.length > 0 ? foldBatch(trx, projection, tableNames(generation), facts, { hot }) : new Map();
  });
  if (!written) return 'superseded';
  hot.keep(written, weight);
  return 'applied';
}
