import { type Kysely, sql } from 'kysely';

/** For a query: ISO time. */
export const instant = (ms: number | undefined): string | null =>
  ms === undefined ? null : new Date(ms).toISOString();

/** How far lists were read, by the name of the reading. */
export const sweepsOf = (db: Kysely<unknown>, tenantId: string) => ({
  async swept(sweep: string): Promise<{ readonly until: number; readonly complete: boolean } | undefined> {
    const { rows } = await sql<{ swept_until: Date; complete: boolean }>`
      select swept_until, complete from reactions.retell_sweeps
      where tenant_id = ${tenantId} and sweep = ${sweep}`.execute(db);
    return rows[0] && { until: rows[0].swept_until.getTime(), complete: rows[0].complete };
  },

  async sweptUntil(sweep: string, until: number, complete = true): Promise<void> {
    await sql`
      insert into reactions.retell_sweeps (tenant_id, sweep, swept_until, complete)
      values (${tenantId}, ${sweep}, ${instant(until)}, ${complete})
      on conflict (tenant_id, sweep) do update set swept_until = excluded.swept_until, complete = excluded.complete`.execute(
      db,
    );
  },

  async forgetSweep(sweep: string): Promise<void> {
    await sql`delete from reactions.retell_sweeps where tenant_id = ${tenantId} and sweep = ${sweep}`.execute(db);
  },

  /** Records that the list of a period was read to its end, for each of its days (UTC). */
  async periodRead(from: number, to: number, at: number): Promise<void> {
    await sql`
      insert into reactions.retell_days (tenant_id, day, asked_at)
      select ${tenantId}, day, ${instant(at)}::timestamptz from generate_series(
        date_trunc('day', ${instant(from)}::timestamptz at time zone 'UTC'),
        date_trunc('day', ${instant(Math.max(from, to - 1))}::timestamptz at time zone 'UTC'), interval '1 day') as day
      on conflict (tenant_id, day) do update set asked_at = excluded.asked_at`.execute(db);
  },
});

/** Names the record of when a run last read all of a tenant's lists to their end. */
export const WHOLE = 'whole';

/** A tenant with a Retell key, and when its lists were last read to their end. */
export type ReadWhole = { readonly tenantId: string; readonly at: string };

/** When lists were last read whole, by any process; a tenant whose lists never were is absent. */
export async function lastReadWhole(db: Kysely<unknown>, isAsked: (tenantId: string) => boolean): Promise<ReadWhole[]> {
  const { rows } = await sql<{ tenant_id: string; swept_until: Date }>`
    select tenant_id, swept_until from reactions.retell_sweeps where sweep = ${WHOLE} order by 1`.execute(db);
  return rows
    .filter(({ tenant_id }) => isAsked(tenant_id))
    .map(({ tenant_id, swept_until }) => ({ tenantId: tenant_id, at: swept_until.toISOString() }));
}
