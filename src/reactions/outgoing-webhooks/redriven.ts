import { type Kysely, sql } from 'kysely';
import { parseStream } from '../../events/streams.ts';
import { callIdOfTicket } from '../../events/ticket-facts.ts';
import { liveGeneration } from '../../projections/engine/generations.ts';
import { parkedAt } from '../../projections/engine/parked.ts';
import { type WebhookEndpoint, wants } from '../../tenants/webhook-endpoints.ts';
import { changesAfter, PAGE } from './changes.ts';
import { queueChanges } from './deliveries.ts';

/**
 * What a parked stream has changed is shown when it is redriven, at positions that were passed long ago. Queues the changes
 * of streams that are parked no more; answers the endpoints that have some.
 */
export async function queueRedriven(
  db: Kysely<unknown>,
  endpoints: readonly WebhookEndpoint[],
  upTo: bigint,
): Promise<readonly WebhookEndpoint[]> {
  const live = await liveGeneration(db, 'calls');
  if (!live) return [];
  const parked = await parkedAt(db, live);
  const { rows: known } = await sql<{ stream: string; position: string }>`
    select stream, position from reactions.webhook_parked`.execute(db);
  for (const { stream, position } of parked)
    if (!known.some((one) => one.stream === stream))
      await sql`insert into reactions.webhook_parked (stream, position)
        values (${stream}, ${position}::bigint) on conflict do nothing`.execute(db);
  const found = new Set<WebhookEndpoint>();
  for (const { stream, position } of known.filter((one) => !parked.some(({ stream }) => stream === one.stream))) {
    for (const endpoint of await queueOf(db, endpoints, stream, BigInt(position), upTo)) found.add(endpoint);
    await sql`delete from reactions.webhook_parked where stream = ${stream}`.execute(db);
  }
  return [...found];
}

async function queueOf(
  db: Kysely<unknown>,
  endpoints: readonly WebhookEndpoint[],
  stream: string,
  from: bigint,
  upTo: bigint,
): Promise<readonly WebhookEndpoint[]> {
  const name = parseStream(stream);
  if (!name) return [];
  const { tenantId } = name;
  const id = name.category === 'ticket' ? callIdOfTicket(name.id) : name.id;
  const theirs = endpoints.filter((endpoint) => endpoint.tenantId === tenantId);
  const found = new Set<WebhookEndpoint>();
  for (let after = from - 1n; theirs.length > 0 && after < upTo; ) {
    const page = await changesAfter(db, after, tenantId);
    const its = page.filter(
      ({ position, callId, appointmentId }) => position <= upTo && [callId, appointmentId].includes(id!),
    );
    const wanted = its.flatMap((change) =>
      theirs
        .filter((endpoint) => wants(endpoint, change.type, change.position))
        .map((endpoint) => ({ change, endpoint })),
    );
    await queueChanges(
      db,
      wanted.map(({ change, endpoint }) => ({ ...change, endpointId: endpoint.id })),
    );
    for (const { endpoint } of wanted) found.add(endpoint);
    after = page.length < PAGE ? upTo : page.at(-1)!.position;
  }
  return [...found];
}
