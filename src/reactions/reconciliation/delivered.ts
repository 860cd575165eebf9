import { type Kysely, sql } from 'kysely';
import { type Endpoint, endpoints } from '../../events/metadata.ts';
import { instant } from './instant.ts';

/** So many of an agent's latest sessions are looked at: one without a webhook is rare, a hundred are none of chance. */
const SESSIONS_OF_AGENT = 100;

/** What the read model knows of a tenant's deliveries; it may be a little behind. `sharers`: see `lastHeardBy`. */
export const deliveredOf = (db: Kysely<unknown>, tenantId: string, sharers: readonly string[]) => ({
  /** Where the calls of an agent last came in. Remembered: it is asked for each call of a list. */
  endpointOf: remembered(async (agentId: string): Promise<Endpoint | undefined> => {
    const last = await lastHeard(db, agentId, [tenantId]);
    return endpoints.find((endpoint) => endpoint === last?.endpoint);
  }),

  /** Of all tenants under one key, the one where the calls of an agent last came in. Remembered as well. */
  lastHeardBy: remembered(async (agentId: string) => (await lastHeard(db, agentId, sharers))?.tenant_id),

  /** Of these calls, those whose end is on record and whose start is not. */
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

function remembered<T>(find: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const found = new Map<string, Promise<T>>();
  return (key) => {
    const known = found.get(key) ?? find(key);
    found.set(key, known);
    return known;
  };
}
