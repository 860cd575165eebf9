import { type Kysely, sql, type Transaction } from 'kysely';
import { drop, type Generation, generations, isInTheWay, isKept, setState, takeTurn } from '../engine/generations.ts';
import type { OperationKind } from '../engine/operations.ts';
import type { Projection } from '../engine/projection.ts';

/**
 * Takes away what operations that are over have left half built; one that was to be swapped back is kept as the previous
 * generation again. Leaves alone what somebody is still at work on.
 */
export const clearAbandoned = (db: Kysely<unknown>, { name }: Projection): Promise<void> =>
  clear(db, async (trx) => {
    if (!(await nobodyBuilds(trx, name))) return;
    const { rows } = await sql<{ generation: number; kind: OperationKind | null }>`
      select p.generation, o.kind from projection.projections p left join projection.operations o on o.id = p.operation
       where p.name = ${name} and p.operation is not null and o.state is distinct from 'queued'
         and o.state is distinct from 'running'`.execute(trx);
    for (const generation of await generations(trx, name)) {
      const left = rows.find((row) => row.generation === generation.generation);
      if (left?.kind === 'swap_back') await setState(trx, generation, 'previous', true);
      else if (left) await drop(trx, generation);
    }
  });

async function nobodyBuilds(trx: Transaction<unknown>, name: string): Promise<boolean> {
  const { rows } = await sql<{ free: boolean }>`
    select pg_try_advisory_xact_lock(hashtext('call-ledger operation'), hashtext(${name})) as free`.execute(trx);
  return rows[0]!.free;
}

/**
 * Drops previous generations that were replaced before a time, those of projections that this one has replaced too,
 * unless a process of their version still writes them.
 */
export const clearOutlived = (
  db: Kysely<unknown>,
  { name, version, replaces = [] }: Projection,
  before: Date,
): Promise<void> =>
  clear(db, async (trx) => {
    for (const generation of await generations(trx)) {
      const isOwn = generation.name === name;
      if (!(isOwn || replaces.includes(generation.name)) || !isOutlived(generation, before)) continue;
      if (!(await isKept(trx, generation, isOwn ? version : undefined))) await drop(trx, generation);
    }
  });

export const isOutlived = ({ state, replacedAt }: Generation, before: Date): boolean =>
  state === 'previous' && replacedAt !== undefined && replacedAt < before;

/** All or nothing. What somebody still reads is cleared away another time. */
const clear = (db: Kysely<unknown>, work: (trx: Transaction<unknown>) => Promise<void>): Promise<void> =>
  db
    .transaction()
    .execute(async (trx) => {
      await takeTurn(trx);
      await work(trx);
    })
    .catch((error) => {
      if (!isInTheWay(error)) throw error;
    });
