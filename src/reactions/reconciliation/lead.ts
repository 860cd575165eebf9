import { type Kysely, sql } from 'kysely';

const KEY = sql.raw(`hashtext('call-ledger reaction'), hashtext('reconciliation')`);

/** Of all processes one at a time reconciles. The lock is the connection's: whoever dies gives it back. */
export async function takeLead(db: Kysely<unknown>): Promise<boolean> {
  const { rows } = await sql<{ leads: boolean }>`select pg_try_advisory_lock(${KEY}) as leads`.execute(db);
  return rows[0]!.leads;
}

/** By a word: a connection that is closed may take its time to end, and the next run would find it busy. */
export async function giveLeadBack(db: Kysely<unknown>): Promise<void> {
  await sql`select pg_advisory_unlock(${KEY})`.execute(db).catch(() => {});
}
