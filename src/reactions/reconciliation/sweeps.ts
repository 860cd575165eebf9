import { type Kysely, sql } from 'kysely';
import { instant } from './instant.ts';

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
});
