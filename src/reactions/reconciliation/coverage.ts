import { type Kysely, sql } from 'kysely';
import type { ReadModel } from '../../projections/tables.ts';

type CoverageQuery = { readonly tenantId?: string | undefined; readonly from: Date; readonly to: Date };

/** Coverage by day (UTC): a call's day is that of its start by the log, else by Retell, else of its first sight. */
export const readCoverage =
  (db: Kysely<ReadModel>) =>
  async ({ tenantId, from, to }: CoverageQuery) => {
    const ofTenant = tenantId === undefined ? sql`` : sql`and tenant_id = ${tenantId}`;
    const { rows: there } = await sql<{ calls: boolean; days: boolean }>`
      select to_regclass('reactions.retell_calls') is not null as calls,
        to_regclass('reactions.retell_days') is not null as days`.execute(db);
    // The tables exist from the first run on.
    const retell = there[0]!.calls
      ? sql`reactions.retell_calls`
      : sql`(select null::text as tenant_id, null::text as call_id, null::timestamptz as started_at,
          null::timestamptz as first_seen_at, false as ended, false as analysed, false as closed, true as before_us)`;
    const asked = there[0]!.days
      ? sql`reactions.retell_days`
      : sql`(select null::text as tenant_id, null::date as day, null::timestamptz as asked_at)`;
    const { rows } = await sql<Row>`
      with candidates as (
        select tenant_id, call_id from ${retell} r where not before_us ${ofTenant}
          and coalesce(started_at, first_seen_at) >= ${from} and coalesce(started_at, first_seen_at) < ${to}
        union
        select tenant_id, call_id from deliveries
          where coalesce(started_at, received_at) >= ${from} and coalesce(started_at, received_at) < ${to} ${ofTenant}
      ), calls as (
        select c.tenant_id, coalesce(t.started_at, s.started_at, t.first_at, s.first_seen_at) as at,
          s.call_id is not null as in_retell, t.first_at is not null as in_log, t.webhook, t.reconciliation,
          s.call_id is not null and (t.first_at is null or s.ended and not t.ended
            or s.ended and s.started_at is not null and not t.started
            or s.analysed and (s.closed or not t.analysed)) as missing
        from candidates c
          -- call by call, through the index: what is not of the period costs nothing, however long the log is
          cross join lateral (
            select min(d.started_at) as started_at, min(d.received_at) as first_at,
              bool_or(d.event = 'CallStarted') as started, bool_or(d.event = 'CallEnded') as ended,
              bool_or(d.event = 'CallAnalyzed') as analysed,
              count(*) filter (where d.source = 'webhook')::int as webhook,
              count(*) filter (where d.source = 'reconciliation')::int as reconciliation
            from deliveries d where d.tenant_id = c.tenant_id and d.call_id = c.call_id
              and d.event not in ('CallArchived', 'CallUnarchived', 'CallLinked', 'CallErased')) t
          left join ${retell} s on s.tenant_id = c.tenant_id and s.call_id = c.call_id and not s.before_us
      ), days as (
      select tenant_id, to_char(at at time zone 'UTC', 'YYYY-MM-DD') as day,
        count(*) filter (where in_retell)::int as retell, count(*) filter (where in_log)::int as log,
        sum(webhook)::int as webhook, sum(reconciliation)::int as reconciliation,
        count(*) filter (where missing)::int as missing
      from calls where at >= ${from} and at < ${to}
      group by 1, 2)
      select days.*, asked.asked_at from days
        left join ${asked} asked on asked.tenant_id = days.tenant_id and asked.day = days.day::date
      order by days.day desc, days.tenant_id`.execute(db);
    return rows.map(({ tenant_id, day, retell, log, webhook, reconciliation, missing, asked_at }) => ({
      tenantId: tenant_id,
      ...{ day, retell, log, facts: { webhook, reconciliation }, missing },
      ...(asked_at && { percent: percentOf(retell, missing), askedAt: asked_at.toISOString() }),
    }));
  };

/** Rounded down: 100 is all. */
const percentOf = (retell: number, missing: number): number =>
  retell === 0 ? 100 : Math.floor((1000 * (retell - missing)) / retell) / 10;

type Row = {
  readonly tenant_id: string;
  readonly day: string;
  readonly retell: number;
  readonly log: number;
  readonly webhook: number;
  readonly reconciliation: number;
  readonly missing: number;
  /** Null: no list of this day was read whole. */
  readonly asked_at: Date | null;
};
