import { sql, type Transaction } from 'kysely';

/** Which generation's checkpoint. */
export type CheckpointOf = { readonly name: string; readonly generation: number };

/**
 * Moves the checkpoint on, in the transaction of the rows. False: it does not stand where the caller believes, because
 * someone else has moved it, the generation is gone, or another has taken its place. Then nothing may be written.
 */
export async function advanceCheckpoint(
  trx: Transaction<unknown>,
  { name, generation }: CheckpointOf,
  from: bigint | undefined,
  to: bigint,
  caughtUp: boolean,
): Promise<boolean> {
  const result = await sql`
    update projection.projections
       set checkpoint = ${`${to}`}::bigint, caught_up = ${caughtUp}, applied_at = now()
     where name = ${name} and generation = ${generation}
       and checkpoint is not distinct from ${from === undefined ? null : `${from}`}::bigint
       and (checkpoint is null or checkpoint < ${`${to}`}::bigint) and not frozen`.execute(trx);
  return result.numAffectedRows === 1n;
}
