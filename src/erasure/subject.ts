import type { Kysely } from 'kysely';
import type { Subject } from '../events/erasure-record.ts';
import { type EventLog, readLeft } from '../events/event-log.ts';
import { callStream, sessionStream } from '../events/streams.ts';
import type { ReadModel } from '../projections/tables.ts';
import type { Sealing } from '../tenants/sealing.ts';

type Stores = {
  readonly log: Pick<EventLog, 'read'>;
  readonly db: Kysely<ReadModel>;
  readonly sealing: Pick<Sealing, 'nameless'>;
};

type Wish = {
  readonly tenantId: string;
  readonly callId?: string | undefined;
  readonly callSessionId?: string | undefined;
  readonly customerId?: string | undefined;
};

/** Who is meant; undefined: there is no such call, session or customer. */
export async function subjectOf(
  { log, db, sealing }: Stores,
  wish: Wish,
  phone: string | undefined,
): Promise<Subject | undefined> {
  const { tenantId, callId, callSessionId, customerId } = wish;
  if (phone !== undefined) return { kind: 'person', person: sealing.nameless(tenantId, phone) };
  if (callId !== undefined)
    return (await readLeft(log, callStream(tenantId, callId))).length > 0 ? { kind: 'call', callId } : undefined;
  if (customerId !== undefined) {
    const customer = await db
      .selectFrom('customers')
      .select('phone')
      .where('tenant_id', '=', tenantId)
      .where('id', '=', customerId)
      .executeTakeFirst();
    return customer && { kind: 'person', person: sealing.nameless(tenantId, customer.phone) };
  }
  return sessionOf(log, db, tenantId, callSessionId!);
}

async function sessionOf(
  log: Pick<EventLog, 'read'>,
  db: Kysely<ReadModel>,
  tenantId: string,
  id: string,
): Promise<Subject | undefined> {
  const call = id.startsWith('call:') ? id.slice('call:'.length) : undefined;
  const member = await db
    .selectFrom('call_session_calls')
    .select('session_id')
    .where('tenant_id', '=', tenantId)
    .where((is) => is.or([is('session_id', '=', id), ...(call === undefined ? [] : [is('call_id', '=', call)])]))
    .executeTakeFirst();
  if (member) return { kind: 'session', sessionId: member.session_id };
  if ((await readLeft(log, sessionStream(tenantId, id))).length > 0) return { kind: 'session', sessionId: id };
  // Not shown yet.
  if (call === undefined) return undefined;
  return (await readLeft(log, callStream(tenantId, call))).length > 0 ? { kind: 'call', callId: call } : undefined;
}
