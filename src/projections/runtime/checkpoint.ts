import type { Tx } from '../engine/table.ts';

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
