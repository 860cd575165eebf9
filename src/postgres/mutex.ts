import { type Kysely, sql } from 'kysely';

/** Held by one connection among all processes. Kinds and names never change: other releases lock the same ones. */
export type Mutex = { readonly kind: 'projection' | 'operation' | 'reaction'; readonly name: string };

const keyOf = ({ kind, name }: Mutex) => sql`hashtext(${`call-ledger ${kind}`}), hashtext(${name})`;

/** Four times as long as the pulse of a connection (connection.ts). */
const FROZEN_AFTER_MS = 12_000;

/**
 * Whether this connection now holds the mutex, until it unlocks it or ends: a process that dies gives it back, and from
 * one that is frozen it is taken.
 */
export async function tryLock(
  db: Kysely<unknown>,
  mutex: Mutex,
  { frozenAfterMs = FROZEN_AFTER_MS }: { frozenAfterMs?: number | undefined } = {},
): Promise<boolean> {
  const { rows } = await sql<{ held: boolean }>`select pg_try_advisory_lock(${keyOf(mutex)}) as held`.execute(db);
  if (!rows[0]!.held) await endFrozenHolder(db, mutex, frozenAfterMs);
  return rows[0]!.held;
}

/**
 * Ends the holder's connection when it shows no pulse: its process is frozen, and only the kernel answers keepalives. The
 * checkpoint refuses what it would write later.
 */
const endFrozenHolder = (db: Kysely<unknown>, { kind, name }: Mutex, afterMs: number) =>
  sql`select pg_terminate_backend(pid) from pg_locks join pg_stat_activity using (pid)
    where locktype = 'advisory' and granted and objsubid = 2
      and database = (select oid from pg_database where datname = current_database())
      and classid = (hashtext(${`call-ledger ${kind}`})::bigint & 4294967295)::oid
      and objid = (hashtext(${name})::bigint & 4294967295)::oid
      and state <> 'active' and state_change < now() - make_interval(secs => ${afterMs / 1000})`.execute(db);

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
