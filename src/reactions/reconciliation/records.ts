import { type Kysely, sql } from 'kysely';
import { type Endpoint, endpoints } from '../../events/metadata.ts';
import type { TenantDirectory } from '../../tenants/tenant.ts';
import { instant, sweepsOf } from './sweeps.ts';

/** How many of an agent's latest sessions are searched for a webhook. */
const SESSIONS_OF_AGENT = 100;

/** What the read model has of a tenant's deliveries; it may be behind. */
const deliveredOf = (db: Kysely<unknown>, tenantId: string, sharers: readonly string[]) => ({
  /** Where the calls of an agent last came in; cached, as every call of a list needs it. */
  endpointOf: memoized(async (agentId: string): Promise<Endpoint | undefined> => {
    const last = await lastHeard(db, agentId, [tenantId]);
    return endpoints.find((endpoint) => endpoint === last?.endpoint);
  }),

  /** Of all tenants under one key, the one where the calls of an agent last came in; cached. */
  lastHeardBy: memoized(async (agentId: string) => (await lastHeard(db, agentId, sharers))?.tenant_id),

  /** Of these calls, those with a recorded end and without a recorded start. */
  async withoutStart(callIds: readonly string[]): Promise<ReadonlySet<string>> {
    if (callIds.length === 0) return new Set();
    const { rows } = await sql<{ call_id: string }>`
      select call_id from deliveries where tenant_id = ${tenantId} and call_id = any(${callIds}::text[])
      group by call_id having bool_or(event = 'CallEnded') and not bool_or(event = 'CallStarted')`.execute(db);
    return new Set(rows.map(({ call_id }) => call_id));
  },

  /** Calls that came to an end in a period, and whether there was a webhook since it began. */
  async traffic(from: number, to: number): Promise<{ readonly calls: number; readonly webhooks: boolean }> {
    const { rows } = await sql<{ calls: number; webhooks: boolean }>`
      select
        (select count(*)::int from reactions.retell_calls where tenant_id = ${tenantId} and ended and not before_us
          and coalesce(ended_at, first_seen_at) between ${instant(from)} and ${instant(to)}) as calls,
        exists (select from deliveries where tenant_id = ${tenantId} and received_at >= ${instant(from)}
          and source = 'webhook') as webhooks`.execute(db);
    return rows[0]!;
  },
});

type Heard = { readonly tenant_id: string; readonly endpoint: string };

/** The latest webhook of an agent's calls that one of the tenants got. */
async function lastHeard(db: Kysely<unknown>, agentId: string, tenants: readonly string[]): Promise<Heard | undefined> {
  const { rows } = await sql<Heard>`
    select last.tenant_id, last.endpoint from unnest(${tenants}::text[]) as t (id) cross join lateral (
      select d.tenant_id, d.endpoint, d.position from (
          select tenant_id, id from call_sessions where tenant_id = t.id and agent_id = ${agentId}
          order by created_at desc limit ${SESSIONS_OF_AGENT}) s
        join call_session_calls c on c.tenant_id = s.tenant_id and c.session_id = s.id
        join deliveries d on d.tenant_id = c.tenant_id and d.call_id = c.call_id
      where d.source = 'webhook' and d.endpoint is not null
      order by d.position desc limit 1) last
    order by last.position desc limit 1`.execute(db);
  return rows[0];
}

function memoized<T>(find: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const found = new Map<string, Promise<T>>();
  return (key) => {
    const value = found.get(key) ?? find(key);
    found.set(key, value);
    return value;
  };
}

export type Sighting = {
  readonly callId: string;
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
  readonly finished: boolean;
  readonly analysed: boolean;
};

export type Records = ReturnType<typeof recordsOf>;

/** A tenant's records of what Retell has. `sharers`: all tenants under its Retell key. */
export const recordsOf = (db: Kysely<unknown>, tenantId: string, sharers: readonly string[] = [tenantId]) => ({
  ...sweepsOf(db, tenantId),
  ...deliveredOf(db, tenantId, sharers),

  /** Records calls that Retell has; returns how many of them are new. */
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

  /** Settles calls that the read model has whole; it may be behind, so some are asked for in vain. */
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

  /** Calls to ask for: of pending sessions, and those that the log lacks facts of; not `due`: put off. Failed ones last. */
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

  /** `closed`: without an analysis; one that still comes reopens it. */
  async settled(callId: string, closed: boolean): Promise<void> {
    await sql`update reactions.retell_calls set settled = true, closed = ${closed}, problem = null
      where tenant_id = ${tenantId} and call_id = ${callId}`.execute(db);
  },

  /** Puts a call off, each time for longer. `unlucky`: not the call's fault, so the first time only until the next run. */
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
  /** When it began, if known. */
  readonly since: Date;
  readonly problem: string | null;
  readonly due: boolean;
};

type Putting = { readonly now: number; readonly firstMs: number; readonly unlucky?: boolean };

/** A call is put off for at most this, or for its first wait. */
const LONGEST_MS = 6 * 3_600_000;

/** A tenant's calls go on without webhooks: the agents' webhook URL, the key or the network is broken. */
export type WebhookSilence = { readonly tenantId: string; readonly calls: number; readonly since: string };

/** Fewer silent calls may be chance. */
const SILENT_FROM_CALLS = 3;

/** The tenants that had calls come to an end in a period, and no webhook since it began. */
export async function silences(
  db: Kysely<unknown>,
  tenants: Pick<TenantDirectory, 'list'>,
  retellApiKeyOf: (tenantId: string) => string | undefined,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<readonly WebhookSilence[]> {
  const silent: WebhookSilence[] = [];
  for (const { id } of tenants.list()) {
    if (retellApiKeyOf(id) === undefined) continue;
    const { calls, webhooks } = await recordsOf(db, id).traffic(from, to);
    if (calls >= SILENT_FROM_CALLS && !webhooks)
      silent.push({ tenantId: id, calls, since: new Date(from).toISOString() });
  }
  return silent;
}
