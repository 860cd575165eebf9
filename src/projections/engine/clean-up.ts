import { type Kysely, sql, type Transaction } from 'kysely';
import { isLockTimeout } from '../../postgres/errors.ts';
import { type Mutex, tryLockInTransaction } from '../../postgres/mutex.ts';
import { drop, type Generation, generations, isKept, setState, takeTurn } from './generations.ts';
import type { Operation, OperationKind } from './operations.ts';
import type { Projection } from './projection.ts';

export const DAY_MS = 86_400_000;

export const isAbandoned = ({ operation }: Generation, open: readonly Operation[]): boolean =>
  operation !== undefined && !open.some(({ id }) => id === operation);

/** Drops what ended operations have left half built; one that was to be swapped back becomes the previous one again. */
export const dropAbandoned = (db: Kysely<unknown>, { name }: Projection): Promise<void> =>
  unlessInUse(db, async (trx) => {
    if (!(await tryLockInTransaction(trx, operationsOf(name)))) return;
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

/** Held by the process that carries them out: there is one at a time. */
export const operationsOf = (projection: string): Mutex => ({ kind: 'operation', name: projection });

/** Drops generations that were replaced before a time, unless a process of their version still writes them. */
export const dropExpired = (
  db: Kysely<unknown>,
  { name, version, replaces = [] }: Projection,
  before: Date,
): Promise<void> =>
  unlessInUse(db, async (trx) => {
    for (const generation of await generations(trx)) {
      const isOwn = generation.name === name;
      if (!(isOwn || replaces.includes(generation.name)) || !isExpired(generation, before)) continue;
      if (!(await isKept(trx, generation, isOwn ? version : undefined))) await drop(trx, generation);
    }
  });

/** Drops what is kept to be swapped back, likewise. */
export const dropReplaced = (db: Kysely<unknown>, projection: Projection): Promise<void> =>
  dropExpired(db, projection, new Date(Date.now() + DAY_MS)); // also by a clock that is late

export const isExpired = ({ state, replacedAt }: Generation, before: Date): boolean =>
  state === 'previous' && replacedAt !== undefined && replacedAt < before;

/** Does nothing while a reader holds what is to be dropped: the next poll tries again. */
const unlessInUse = (db: Kysely<unknown>, work: (trx: Transaction<unknown>) => Promise<void>): Promise<void> =>
  db
    .transaction()
    .execute(async (trx) => {
      await takeTurn(trx);
      await work(trx);
    })
    .catch((error) => {
      if (!isLockTimeout(error)) throw error;
    });
