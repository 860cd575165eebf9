import { type Kysely, sql } from 'kysely';
import type { EndpointKey } from './deliveries.ts';

/** An endpoint of which every attempt has failed since then. */
type Failing = EndpointKey & { readonly since: Date };

export async function endpointFails(db: Kysely<unknown>, { tenantId, endpointId }: EndpointKey): Promise<void> {
  await sql`insert into reactions.webhook_endpoints as e (endpoint_id, tenant_id, failing_since)
    values (${endpointId}, ${tenantId}, now())
    on conflict (endpoint_id) do update set failing_since = now() where e.failing_since is null`.execute(db);
}

export async function endpointAnswers(db: Kysely<unknown>, { endpointId }: EndpointKey): Promise<void> {
  await sql`update reactions.webhook_endpoints set failing_since = null
    where endpoint_id = ${endpointId} and failing_since is not null`.execute(db);
}

export async function failingEndpoints(db: Kysely<unknown>): Promise<readonly Failing[]> {
  const { rows } = await sql<Failing>`
    select tenant_id as "tenantId", endpoint_id as "endpointId", failing_since as since
      from reactions.webhook_endpoints where failing_since is not null`.execute(db);
  return rows;
}

/** How many deliveries wait, and how many were given up. */
type Unsent = Readonly<Record<'pending' | 'dead', number>>;

/** Of all endpoints. */
export async function unsentDeliveries(db: Kysely<unknown>): Promise<Unsent> {
  const { rows } = await sql<{ state: 'pending' | 'dead'; count: number }>`
    select state, count(*)::int as count from reactions.webhook_deliveries
     where state in ('pending', 'dead') group by state`.execute(db);
  return { pending: 0, dead: 0, ...Object.fromEntries(rows.map(({ state, count }) => [state, count])) };
}

/** Of some endpoints, by their ids; without those that have none. */
export async function unsentByEndpoint(
  db: Kysely<unknown>,
  endpointIds: readonly string[],
): Promise<ReadonlyMap<string, Unsent>> {
  if (endpointIds.length === 0) return new Map(); // the tables may not be there yet
  const { rows } = await sql<Unsent & { readonly id: string }>`
    select endpoint_id as id, count(*) filter (where state = 'pending')::int as pending,
           count(*) filter (where state = 'dead')::int as dead
      from reactions.webhook_deliveries
     where endpoint_id = any(${endpointIds}) and state in ('pending', 'dead') group by endpoint_id`.execute(db);
  return new Map(rows.map(({ id, pending, dead }) => [id, { pending, dead }]));
}
