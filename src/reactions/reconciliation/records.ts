import { type Kysely, sql } from 'kysely';
import { deliveredOf } from './delivered.ts';
import { instant } from './instant.ts';
import { sweepsOf } from './sweeps.ts';

export type Sighting = {
  readonly callId: string;
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
  readonly finished: boolean;
  readonly analysed: boolean;
};

export type Records = ReturnType<typeof recordsOf>;

/** What a tenant's run knows and remembers. `sharers`: all tenants under its Retell key. */
export const recordsOf = (db: Kysely<unknown>, tenantId: string, sharers: readonly string[] = [tenantId]) => ({
  ...sweepsOf(db, tenantId),
  ...deliveredOf(db, tenantId, sharers),

  /** How many of the calls are seen for the first time. */
  async seen(calls: readonly Sighting[], now: number, beforeUs = false): Promise<number> {
    const unique = [...new Map(calls.map((call) => [call.callId, call])).values()];
    if (unique.length === 0) return 0;
    const rows = unique.map(({ callId, startedAt, endedAt, finished, analysed }) => ({
      ...{ call_id: callId, started_at: instant(startedAt), ended_at: instant(endedAt), ended: finished, analysed },
    }));
    const { rows: written } = await sql<{ inserted: boolean }>`
      insert into reactions.retell_calls as known
        (tenant_id, call_id, started_at, ended_at, ended, analysed, before_us, first_seen_at)
      select ${tenantId}, s.call_id, s.started_at, s.ended_at, s.ended, s.analysed, ${beforeUs}, ${instant(now)}
      from json_to_recordset(${JSON.stringify(rows)}::json) as s
        (call_id text, started_at timestamptz, ended_at timestamptz, ended boolean, analysed boolean)
      on conflict (tenant_id, call_id) do update set
        started_at = coalesce(known.started_at, excluded.started_at),
        ended_at = coalesce(known.ended_at, excluded.ended_at),
        ended = known.ended or excluded.ended,
        analysed = known.analysed or excluded.analysed,
        before_us = known.before_us and excluded.before_us,
        settled = known.settled and (known.analysed or not excluded.analysed)
      -- a list shows most calls many times, and says nothing new of them
      where (known.started_at, known.ended_at, known.ended, known.analysed, known.before_us) is distinct from
        (coalesce(known.started_at, excluded.started_at), coalesce(known.ended_at, excluded.ended_at),
          known.ended or excluded.ended, known.analysed or excluded.analysed, known.before_us and excluded.before_us)
      returning (xmax = 0) as inserted`.execute(db);
    return written.filter(({ inserted }) => inserted).length;
  },

  /** Of these sessions, those that we have. */
  async ownSessions(ids: readonly string[]): Promise<ReadonlySet<string>> {
    if (ids.length === 0) return new Set();
    const { rows } = await sql<{ id: string }>`
      select id from call_sessions where tenant_id = ${tenantId} and id = any(${ids}::text[])`.execute(db);
    return new Set(rows.map(({ id }) => id));
  },

  /** What the log has of it is known by the read model, which may be behind: asking once too often does no harm. */
  async settleComplete(): Promise<void> {
    await sql`
      update reactions.retell_calls r set settled = true
      where r.tenant_id = ${tenantId} and not r.settled and not r.before_us and r.ended and r.analysed and not r.closed
        and exists (select from deliveries d where d.tenant_id = r.tenant_id and d.call_id = r.call_id
          and d.event = 'CallEnded')
        and exists (select from deliveries d where d.tenant_id = r.tenant_id and d.call_id = r.call_id
          and d.event = 'CallAnalyzed')
        and (r.started_at is null or exists (select from deliveries d where d.tenant_id = r.tenant_id
          and d.call_id = r.call_id and d.event = 'CallStarted'))`.execute(db);
  },

  /**
   * Calls that have to be asked for: of sessions that stay pending, and those of which the log lacks something. `due`:
   * now; the others were put off. Those that failed before come last, so that they keep nobody from being asked for.
   */
  async open({ until, now, all, awaitedAfter }: { until: number; now: number; all: boolean; awaitedAfter: number }) {
    const { rows } = await sql<OpenRow>`
      with pending as (
        select unnest(retell_call_ids) as call_id, max(status_reason) as reason,
          min(coalesce(started_at, requested_at, created_at)) as since from call_sessions
        where tenant_id = ${tenantId} and status = 'pending'
          and coalesce(ended_at, started_at, requested_at, created_at) <= ${instant(until)}
        group by 1
      ), lacking as (
        select r.call_id from reactions.retell_calls r
        where r.tenant_id = ${tenantId} and not r.settled and not r.before_us and r.ended
          and coalesce(r.ended_at, r.started_at, r.first_seen_at) <= ${instant(until)}
          and (not exists (select from deliveries d
              where d.tenant_id = r.tenant_id and d.call_id = r.call_id and d.event = 'CallEnded')
            or r.closed and r.analysed
            or (r.analysed or coalesce(r.ended_at, r.first_seen_at) > ${instant(awaitedAfter)})
              and not exists (select from deliveries d
                where d.tenant_id = r.tenant_id and d.call_id = r.call_id and d.event = 'CallAnalyzed'))
      )
      select coalesce(p.call_id, l.call_id) as call_id, p.reason as pending, coalesce(p.since, r.first_seen_at) as since,
        r.problem, ${all} or coalesce(r.next_at, '-infinity') <= ${instant(now)} as due
      from pending p full join lacking l on l.call_id = p.call_id
        left join reactions.retell_calls r on r.tenant_id = ${tenantId} and r.call_id = coalesce(p.call_id, l.call_id)
      order by coalesce(r.next_at, '-infinity'), 1`.execute(db);
    return rows.map(({ call_id, pending, since, problem, due }) => ({
      ...{ callId: call_id, pending: pending ?? undefined, since: since.getTime(), problem, due },
    }));
  },

  /** `closed`: without an analysis; one that comes after all opens it again. */
  async settled(callId: string, closed: boolean): Promise<void> {
    await sql`update reactions.retell_calls set settled = true, closed = ${closed}, problem = null
      where tenant_id = ${tenantId} and call_id = ${callId}`.execute(db);
  },

  /**
   * Not now, and each time for longer. `unlucky`: it was not this call's fault, so the first time only until the next
   * run. Retell has not shown a call that is not in the table yet.
   */
  async putOff(callId: string, problem: string, { now, firstMs, unlucky = false }: Putting): Promise<void> {
    const sooner = unlucky ? firstMs : 0;
    await sql`
      insert into reactions.retell_calls as known
        (tenant_id, call_id, ended, analysed, before_us, first_seen_at, tries, next_at, problem)
      values (${tenantId}, ${callId}, false, false, true, ${instant(now)}, 1, ${instant(now + firstMs - sooner)}, ${problem})
      on conflict (tenant_id, call_id) do update set
        tries = known.tries + 1, problem = excluded.problem,
        next_at = ${instant(now - sooner)}::timestamptz + interval '1 millisecond'
          * least(${firstMs}::float8 * power(2, least(known.tries, 20)), ${Math.max(firstMs, LONGEST_MS)}::float8)`.execute(
      db,
    );
  },
});

type OpenRow = {
  readonly call_id: string;
  readonly pending: string | null;
  /** When it began, as far as it is known. */
  readonly since: Date;
  readonly problem: string | null;
  readonly due: boolean;
};

type Putting = { readonly now: number; readonly firstMs: number; readonly unlucky?: boolean };

/** The longest that a call is put off for, where not for longer from the first. */
const LONGEST_MS = 6 * 3_600_000;
