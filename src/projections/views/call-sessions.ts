import { sessionStream } from '../../events/streams.ts';
import type { Description } from '../../model/call.ts';
import { appointmentOf, type Session } from '../../model/session.ts';
import { sessionFields } from '../../model/session-document.ts';
import {
  appointmentsNamedBy,
  callStreamOf,
  formerCalls,
  formerCallsOf,
  linksOfSessions,
  otherAppointments,
  otherAppointmentsOf,
  sessionCalls,
} from '../calls/session-calls.ts';
import type { Row, Table } from '../engine/table.ts';
import { columns, rowMaker } from '../tables.ts';
import type { View } from './view.ts';

export const sessionRows: Table = {
  name: 'call_sessions',
  columns: columns.call_sessions,
  key: ['tenant_id', 'id'],
  queryIndexes: [
    // For pages (read-api/keyset.ts), of all and by values that may be rare; the columns after the order let Postgres
    // reject rows in the index.
    '(tenant_id, created_at desc, id, coalesce(started_at, created_at))',
    '(tenant_id, status, created_at desc, id, direction, coalesce(started_at, created_at))',
    '(tenant_id, direction, created_at desc, id, coalesce(started_at, created_at))',
    '(tenant_id, created_at desc, id) where archived',
    // Those that a period does not find about the time when they became known (read-api/period.ts).
    `(tenant_id, created_at desc, id, coalesce(started_at, created_at), status, direction)
      where created_at - started_at > interval '3 hours'`,
    `(tenant_id, created_at desc, id, coalesce(started_at, created_at), status, direction)
      where started_at - created_at > interval '24 hours'`,
    // What finds few, which are then sorted.
    // Daily counts come from this one alone (read-api/summary/), for which Postgres wants the plain columns as well.
    '(tenant_id, coalesce(started_at, created_at)) include (status, direction, started_at, created_at)',
    '(tenant_id, appointment_id) where appointment_id is not null',
    '(tenant_id, contact_id) where contact_id is not null',
    '(tenant_id, from_number)',
    '(tenant_id, to_number)',
    // Mostly it is one of the two above.
    `(tenant_id, customer_phone) where customer_phone is distinct from from_number
      and customer_phone is distinct from to_number`,
    // What is due by a tenant's retention.
    '(tenant_id, coalesce(ended_at, created_at)) where not erased',
  ],
  view: Object.keys(columns.call_sessions),
};

const aliases: Table = {
  ...sessionCalls,
  view: Object.keys(columns.call_session_calls),
};

/** One row per call session, and the session of each call. */
export const callSessions: View = {
  tables: [sessionRows, aliases, formerCalls, otherAppointments],
  async save(tables, { membership: { touched, links, left } }) {
    const [alive, gone] = [touched.filter(exists), touched.filter((session) => !exists(session))];
    await tables.write(sessionRows, {
      added: alive.filter(({ isNew }) => isNew).map(sessionRowOf),
      changed: alive.filter(({ isNew }) => !isNew).map(sessionRowOf),
    });
    await tables.upsert(formerCalls, formerCallsOf(alive, links));
    // Which of several it is about, and which calls are in it, may have changed.
    const changing = touched.filter(
      (session) => left.has(sessionStream(session.tenantId, session.id)) || appointmentsNamedBy(session).size > 1,
    );
    const ofSession = changing.map(({ tenantId, id }) => ({ tenant_id: tenantId, session_id: id }));
    await tables.delete(otherAppointments, ['tenant_id', 'session_id'], ofSession);
    const others = alive.flatMap((session) => otherAppointmentsOf(session, appointmentOf(session)));
    await tables.upsert(otherAppointments, others);
    // Its calls have moved on to their final session.
    const keys = gone.map(({ tenantId, id }) => ({ tenant_id: tenantId, id }));
    await tables.delete(sessionRows, sessionRows.key, keys);
  },
  async streamsBehind(tables, of, { tenant_id: tenantId, id }) {
    if (of !== sessionRows) return [];
    const session = { tenantId: tenantId as string, sessionId: id as string };
    const links = await linksOfSessions(tables, [session]);
    return [sessionStream(session.tenantId, session.sessionId), ...links.map(callStreamOf)];
  },
};

const exists = ({ request, calls }: Session): boolean => request !== undefined || calls.length > 0;

/** Longer than any number; what is longer would not fit an index. The facts keep the whole. */
const PHONE_LENGTH = 128;
const phone = (number: string | undefined): string | undefined => number?.slice(0, PHONE_LENGTH);

const rowOf = rowMaker('call_sessions');

/** The row of a session; what the query API shows is made of it. */
export function sessionRowOf(session: Session<Description>): Row {
  const document = sessionFields(session);
  return rowOf({
    ...document,
    fromNumber: phone(document.fromNumber),
    toNumber: phone(document.toNumber),
    customerPhone: phone(document.customerPhone),
    tenantMismatch: document.tenantMismatch ?? false,
    erased: document.erased ?? false,
  });
}
