import { appointmentStream, callStream, sessionStream } from '../../events/streams.ts';
import type { AppointmentId } from '../../model/appointment.ts';
import type { StreamState } from '../../model/stream-state.ts';
import { type RelatedSessions, relatedSessions } from '../calls/related-sessions.ts';
import {
  callStreamOf,
  type LinkRow,
  linksOfSessions,
  otherAppointments,
  type SessionKey,
  sessionCalls,
} from '../calls/session-calls.ts';
import type { Late } from '../engine/projection.ts';
import type { Row, Table, Tables } from '../engine/table.ts';
import { columns, rowMaker } from '../tables.ts';
import {
  type AppointmentChange,
  type AppointmentCourse,
  changesOfAppointments,
} from './appointment-changes-by-fact.ts';
import { type DecidedRow, decided } from './appointments.ts';
import { sessionRows } from './call-sessions.ts';
import type { ChangedCalls, View } from './view.ts';

/** One fact may change several appointments: a call that turns out to be about another one. */
const rows: Table = {
  name: 'appointment_changes',
  columns: columns.appointment_changes,
  key: ['position', 'appointment_id', 'tenant_id'],
  indexes: ['(tenant_id, appointment_id)'],
  queryIndexes: ['(tenant_id, position, appointment_id)'],
  view: Object.keys(columns.appointment_changes),
};

/** One row per change of an appointment by a call or by staff, for the live feed; that it is scheduled at first is none. */
export const appointmentChanges: View = {
  tables: [rows],
  async save(tables, batch) {
    if (batch.late) return replaceLate(tables, batch, batch.late);
    const course = { ...batch, before: (stream: string) => batch.changed.get(stream)?.before };
    await tables.insert(rows, (await changesOf(tables, batch, course, batch.related)).map(changeOf));
  },
};

async function changesOf(
  tables: Tables,
  { statesOf }: Pick<ChangedCalls, 'statesOf'>,
  course: AppointmentCourse,
  ever: RelatedSessions,
): Promise<AppointmentChange[]> {
  return changesOfAppointments(course, ever, async (ids, here) => {
    const all = await decisionsAbout(tables, ids);
    const elsewhere = all.filter((row) => !here.has(callStreamOf(row)));
    const byId = Map.groupBy(elsewhere, (row) => appointmentStream(row.tenant_id, row.appointment_id));
    return {
      staff: await statesOf(ids.map(({ tenantId, id }) => appointmentStream(tenantId, id))),
      elsewhere: new Map([...byId].map(([id, some]) => [id, some.map(({ decision }) => decision)])),
    };
  });
}

const appointmentKey = ({ tenantId, id }: AppointmentId) => ({ tenant_id: tenantId, appointment_id: id });

const decisionsAbout = (tables: Tables, ids: readonly AppointmentId[]): Promise<readonly DecidedRow[]> => {
  const keys = ids.map(appointmentKey);
  return tables.select<DecidedRow>(decided, ['tenant_id', 'appointment_id'], keys);
};

/** Late facts change what was derived after them: all changes of their appointments are derived anew, from the log. */
async function replaceLate(tables: Tables, batch: ChangedCalls, late: Late<StreamState>): Promise<void> {
  const named = [...batch.related.sessions.values()].flatMap(({ tenantId, request, calls }) =>
    [...(request ? [request] : []), ...calls].flatMap((part) =>
      part.appointmentsNamed.map(({ id }): AppointmentId => ({ tenantId, id })),
    ),
  );
  const staff = [...batch.changed.values()].flatMap(({ after }) =>
    'appointmentId' in after ? [{ tenantId: after.tenantId, id: after.appointmentId }] : [],
  );
  const ids = new Map([...named, ...staff].map((id) => [appointmentStream(id.tenantId, id.id), id]));
  if (ids.size === 0) return;
  const about = await sessionsAbout(tables, [...ids.values()]);
  const ever = await allRelated(tables, batch, [...about, ...batch.related.sessions.values()]);
  const streams = [
    ...ids.keys(),
    ...ever.sessions.keys(),
    ...[...ever.sessions.values()].flatMap(({ calls }) => calls.map((call) => callStream(call.tenantId, call.callId))),
  ];
  const course = { ...(await late.courseOf(streams)), before: () => undefined };
  const changes = (await changesOf(tables, batch, course, ever)).filter((change) =>
    ids.has(appointmentStream(change.tenantId, change.id)),
  );
  const keys = [...ids.values()].map(appointmentKey);
  await tables.delete(rows, ['tenant_id', 'appointment_id'], keys);
  await tables.insert(rows, changes.map(changeOf));
}

/** The sessions with all others that their calls have ever been in, and so on. */
async function allRelated(
  tables: Tables,
  batch: ChangedCalls,
  sessionRows: readonly SessionKey[],
): Promise<RelatedSessions> {
  const links = await linksOfSessions(tables, sessionRows);
  const known = new Map(links.map((link) => [callStreamOf(link), link]));
  const ever = await relatedSessions(tables, batch, sessionRows, known);
  if (ever.others.size === 0) return ever;
  return allRelated(tables, batch, [...ever.sessions.values(), ...ever.others.values()]);
}

/** Every session that may ever have been about one of the appointments, by what the read model shows. */
async function sessionsAbout(tables: Tables, ids: readonly AppointmentId[]): Promise<SessionKey[]> {
  const keys = ids.map(appointmentKey);
  const by = ['tenant_id', 'appointment_id'] as const;
  type Other = { readonly tenant_id: string; readonly session_id: string };
  const now = await tables.select<{ tenant_id: string; id: string }>(sessionRows, by, keys);
  const other = await tables.select<Other>(otherAppointments, by, keys);
  const decisions = await decisionsAbout(tables, ids);
  const links = await tables.select<LinkRow>(sessionCalls, sessionCalls.key, decisions);
  const all = [...now.map((row) => ({ ...row, session_id: row.id })), ...other, ...links];
  const found = all.map((row) => ({ tenantId: row.tenant_id, sessionId: row.session_id }));
  return [...new Map(found.map((one) => [sessionStream(one.tenantId, one.sessionId), one])).values()];
}

const rowOf = rowMaker('appointment_changes');

const changeOf = ({ position, recordedAt, occurredAt, tenantId, id, became }: AppointmentChange): Row =>
  rowOf({
    ...became,
    ...{ position, tenantId, appointmentId: id },
    ...{ changedAt: recordedAt, occurredAt: new Date(occurredAt) },
  });
