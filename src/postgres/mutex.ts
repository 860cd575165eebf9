import { type Kysely, sql } from 'kysely';

/** Held by one connection among all processes. Kinds and names never change: other releases lock the same ones. */
export type Mutex = { readonly kind: 'projection' | 'operation' | 'reaction'; readonly name: string };

const keyOf = ({ kind, name }: Mutex) => sql`hashtext(${`call-ledger ${kind}`}), hashtext(${name})`;

/** Whether this connection now holds the mutex, until it unlocks it or ends: a process that dies gives it back. */
export async function tryLock(db: Kysely<unknown>, mutex: Mutex): Promise<boolean> {
  const { rows } = await sql<{ held: boolean }>`select pg_try_advisory_lock(${keyOf(mutex)}) as held`.execute(db);
  return rows[0]!.held;
}

/** The same, until the transaction ends. */
export async function tryLockInTransaction(trx: Kysely<unknown>, mutex: Mutex): Promise<boolean> {
  const { rows } = await sql<{ held: boolean }>`select pg_try_advisory_xact_lock(${keyOf(mutex)}) as held`.execute(trx);
  return rows[0]!.held;
}

/** Explicitly, because a closed connection may take its time to end, and would keep the next holder waiting. */
export async function unlock(db: Kysely<unknown>, mutex: Mutex): Promise<void> {
  await sql`select pg_advisory_unlock(${keyOf(mutex)})`.execute(db).catch(() => {});
}

/** Waits until nobody else changes which generations there are; until the transaction ends. */
export const lockGenerations = (trx: Kysely<unknown>): Promise<unknown> =>
  sql`select pg_advisory_xact_lock(hashtext('call-ledger generations'))`.execute(trx);
