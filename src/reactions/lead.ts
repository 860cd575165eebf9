import { type Kysely, sql } from 'kysely';

/** Of all processes one at a time carries it out. */
export type Reaction = 'reconciliation' | 'ticket-mail' | 'call-linking';

const keyOf = (reaction: Reaction) => sql`hashtext('call-ledger reaction'), hashtext(${reaction})`;

/** The lock is the connection's: whoever dies gives it back. */
export async function takeLead(db: Kysely<unknown>, reaction: Reaction): Promise<boolean> {
  const { rows } = await sql<{ leads: boolean }>`select pg_try_advisory_lock(${keyOf(reaction)}) as leads`.execute(db);
  return rows[0]!.leads;
}

/** By a word: a connection that is closed may take its time to end, and the next one would find the lead taken. */
export async function giveLeadBack(db: Kysely<unknown>, reaction: Reaction): Promise<void> {
  await sql`select pg_advisory_unlock(${keyOf(reaction)})`.execute(db).catch(() => {});
}
