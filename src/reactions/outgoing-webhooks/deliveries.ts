import { type Kysely, sql } from 'kysely';
import { uuidOf } from '../../events/identity.ts';
import type { NewsType } from '../../events/tenant-facts.ts';
import { type Change, changesWhere } from './changes.ts';

export const deliveryStates = ['pending', 'delivered', 'dead'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** `endpoint.test`: asked for, and about nothing. */
export type DeliveryType = NewsType | 'endpoint.test';

export type EndpointKey = { readonly tenantId: string; readonly endpointId: string };

/** One message for one endpoint. It holds no content: that is read when it is sent. */
export type Delivery = EndpointKey & {
  readonly id: string;
  /** Among the endpoint's, by when it was queued. */
  readonly n: bigint;
  readonly type: DeliveryType;
  /** Of the fact behind it; null: of a test. */
  readonly position: bigint | null;
  readonly subject: string;
  readonly changedAt: Date;
  readonly state: DeliveryState;
  /** Of all time. */
  readonly attempts: number;
  /** Since it was queued, or asked for again: what the schedule goes by. */
  readonly tries: number;
  readonly lastStatus: number | null;
  readonly lastFailure: string | null;
  readonly dueAt: Date;
};

type Row = { [K in keyof Delivery]: Delivery[K] extends bigint | null ? string | null : Delivery[K] };

const columns = sql`id, n, tenant_id as "tenantId", endpoint_id as "endpointId", type, position, subject,
  changed_at as "changedAt", state, attempts, tries, last_status as "lastStatus", last_failure as "lastFailure", due_at as "dueAt"`;

const deliveryOf = ({ n, position, ...row }: Row): Delivery => ({
  ...row,
  n: BigInt(n!),
  position: position === null ? null : BigInt(position),
});

/** Stays the same across retries, replays, and a queue that is filled anew; receivers know repeats by it. */
export const webhookIdOf = ({ id, endpointId, type, position, subject, changedAt }: Delivery): string =>
  position === null
    ? `msg_${uuidOf('webhook', id)}`
    : `msg_${uuidOf('webhook', endpointId, type, subject, `${position}`, changedAt.toISOString())}`;

type New = Change & { readonly endpointId: string };

/** Queues changes for endpoints, in this order; one that was queued before stays as it is. */
export async function queueChanges(db: Kysely<unknown>, changes: readonly New[]): Promise<void> {
  if (changes.length === 0) return;
  const rows = changes.map((change) => ({
    ...{ tenant_id: change.tenantId, endpoint_id: change.endpointId, type: change.type, subject: change.subject },
    ...{ position: `${change.position}`, call_id: change.callId, appointment_id: change.appointmentId },
    changed_at: change.changedAt.toISOString(),
  }));
  await sql`
    insert into reactions.webhook_deliveries
      (tenant_id, endpoint_id, type, position, subject, call_id, appointment_id, changed_at)
    select tenant_id, endpoint_id, type, position, subject, call_id, appointment_id, changed_at
      from json_to_recordset(${JSON.stringify(rows)}::json) as r(tenant_id text, endpoint_id text, type text,
        position bigint, subject text, call_id text, appointment_id text, changed_at timestamptz)
    on conflict (endpoint_id, position, type, subject, changed_at) do nothing`.execute(db);
}

/** From a time on, or behind a position. */
export type From = { readonly time: Date } | { readonly position: bigint };

/** Queues the changes of these types from then on, those that were sent too; answers how many they are. */
export async function replay(
  db: Kysely<unknown>,
  { tenantId, endpointId }: EndpointKey,
  types: readonly NewsType[],
  from: From,
): Promise<number> {
  const since =
    'time' in from ? sql`changed_at >= ${from.time}` : sql`position > least(${`${from.position}`}::numeric, 9e18)`;
  const { numAffectedRows } = await sql`
    insert into reactions.webhook_deliveries
      (tenant_id, endpoint_id, type, position, subject, call_id, appointment_id, changed_at)
    select ${tenantId}, ${endpointId}, type, position, subject, call_id, appointment_id, changed_at
      from (${changesWhere(sql`tenant_id = ${tenantId} and ${since}`)}) as changes
     where type = any(${[...types]}) order by position, kind, subject
    on conflict (endpoint_id, position, type, subject, changed_at) do update
       set state = 'pending', tries = 0, due_at = now(), changed_on = now()`.execute(db);
  return Number(numAffectedRows ?? 0n);
}

/** Queues a message that is about nothing. */
export async function queueTest(db: Kysely<unknown>, { tenantId, endpointId }: EndpointKey): Promise<Delivery> {
  const { rows } = await sql<Row>`
    insert into reactions.webhook_deliveries (tenant_id, endpoint_id, type, subject, changed_at)
    values (${tenantId}, ${endpointId}, 'endpoint.test', '', now()) returning ${columns}`.execute(db);
  return deliveryOf(rows[0]!);
}

/** Has one tried again at once, on the whole schedule; undefined: the endpoint has no such delivery. */
export async function retry(
  db: Kysely<unknown>,
  { tenantId, endpointId }: EndpointKey,
  id: string,
): Promise<Delivery | undefined> {
  const { rows } = await sql<Row>`
    update reactions.webhook_deliveries
       set state = 'pending', tries = 0, due_at = now(), changed_on = now()
     where id::text = ${id} and tenant_id = ${tenantId} and endpoint_id = ${endpointId}
    returning ${columns}`.execute(db);
  return rows[0] && deliveryOf(rows[0]);
}

type Page = { readonly limit: number; readonly after?: bigint | undefined; readonly state?: DeliveryState | undefined };

/** The newest first. */
export async function listDeliveries(
  db: Kysely<unknown>,
  { tenantId, endpointId }: EndpointKey,
  { limit, after, state }: Page,
): Promise<readonly Delivery[]> {
  const { rows } = await sql<Row>`
    select ${columns} from reactions.webhook_deliveries
     where tenant_id = ${tenantId} and endpoint_id = ${endpointId}
       ${state === undefined ? sql`` : sql`and state = ${state}`}
       ${after === undefined ? sql`` : sql`and n < ${`${after}`}::bigint`}
     order by n desc limit ${limit}`.execute(db);
  return rows.map(deliveryOf);
}

/** What of an endpoint's may be sent: of a paused one only tests. */
type Sendable = { readonly isPaused: boolean };

const sendable = ({ isPaused }: Sendable) => (isPaused ? sql`and d.position is null` : sql``);

/**
 * Those that may be sent now. The next of a call or of an appointment waits, in the order of the log, until the one before
 * was answered or has failed once.
 */
export async function nextDeliveries(
  db: Kysely<unknown>,
  { endpointId }: EndpointKey,
  { limit, underWay, ...which }: Sendable & { readonly limit: number; readonly underWay: readonly string[] },
): Promise<readonly Delivery[]> {
  const untriedBefore = (column: string) => sql`exists (
    select from reactions.webhook_deliveries e
     where e.endpoint_id = d.endpoint_id and e.state = 'pending' and e.tries = 0
       and e.${sql.ref(column)} = d.${sql.ref(column)} and (e.position, e.n) < (d.position, d.n))`;
  const { rows } = await sql<Row>`
    select ${columns} from reactions.webhook_deliveries d
     where d.endpoint_id = ${endpointId} and d.state = 'pending' and d.due_at <= now() ${sendable(which)}
       and not d.id::text = any(${[...underWay]})
       and (d.tries > 0 or not (${untriedBefore('call_id')} or ${untriedBefore('appointment_id')}))
     order by d.due_at, d.position, d.n limit ${limit}`.execute(db);
  return rows.map(deliveryOf);
}

/** In how many milliseconds the next one is due; undefined: none waits. */
export async function nextDueIn(
  db: Kysely<unknown>,
  { endpointId }: EndpointKey,
  which: Sendable,
): Promise<number | undefined> {
  const { rows } = await sql<{ ms: string | null }>`
    select ceil(extract(epoch from min(d.due_at) - now()) * 1000) as ms from reactions.webhook_deliveries d
     where d.endpoint_id = ${endpointId} and d.state = 'pending' ${sendable(which)}`.execute(db);
  const ms = rows[0]?.ms ?? null;
  return ms === null ? undefined : Math.max(0, Number(ms));
}

/** What has become of an attempt. */
export type Outcome = {
  readonly state: DeliveryState;
  readonly status?: number | undefined;
  readonly failure?: string | undefined;
  /** When a pending one is tried again. */
  readonly againInMs?: number | undefined;
};

/** Records an attempt, unless it was settled meanwhile. */
export async function recordAttempt(db: Kysely<unknown>, id: string, outcome: Outcome): Promise<void> {
  const { state, status, failure, againInMs = 0 } = outcome;
  await sql`
    update reactions.webhook_deliveries
       set state = ${state}, attempts = attempts + 1, tries = tries + 1, last_status = ${status ?? null},
           last_failure = ${failure ?? null}, due_at = now() + ${againInMs} * interval '1 millisecond', changed_on = now()
     where id::text = ${id} and state = 'pending'`.execute(db);
}

/** Not an attempt: what it is about cannot be read yet. */
export async function postpone(db: Kysely<unknown>, id: string, ms: number): Promise<void> {
  await sql`update reactions.webhook_deliveries set due_at = now() + ${ms} * interval '1 millisecond'
    where id::text = ${id} and state = 'pending'`.execute(db);
}

export async function deleteDeliveriesOf(db: Kysely<unknown>, { endpointId }: EndpointKey): Promise<void> {
  await sql`delete from reactions.webhook_deliveries where endpoint_id = ${endpointId}`.execute(db);
  await sql`delete from reactions.webhook_endpoints where endpoint_id = ${endpointId}`.execute(db);
}

/** What was answered is kept for a week, so that no restored log has it sent twice; what was given up, for ninety days. */
export async function deleteOldDeliveries(db: Kysely<unknown>): Promise<void> {
  await sql`delete from reactions.webhook_deliveries
    where (state = 'delivered' and changed_on < now() - interval '7 days')
       or (state = 'dead' and changed_on < now() - interval '90 days')`.execute(db);
}
