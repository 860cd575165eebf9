import { appointmentStream } from '../../events/streams.ts';
import { type AppointmentId, appointmentOf, type SessionDecision, type StaffState } from '../../model/appointment.ts';
import { type Decisions, decisionOf } from '../../model/appointment-decision.ts';
import { entriesOf, findNamed, isBefore, type Position } from '../../model/entries.ts';
import { latestValue } from '../../model/latest.ts';
import { appointmentOfCall, createdAtOf, type Session } from '../../model/session.ts';
import { callKey, callStreamOf, type LinkRow, sessionCalls, sessionStreamOf } from '../calls/session-calls.ts';
import type { Row, Table, Tables } from '../engine/table.ts';
import { columns, rowMaker } from '../tables.ts';
import type { ChangedCalls, View } from './view.ts';

export const appointmentRows: Table = {
  name: 'appointments',
  columns: { ...columns.appointments, first_event_at: 'double precision not null', first_position: 'text not null' },
  key: ['tenant_id', 'id'],
  queryIndexes: [
    // For pages (read-api/keyset.ts); the columns after the order let Postgres reject rows in the index.
    '(tenant_id, created_at desc, id, coalesce(starts_at, created_at))',
    '(tenant_id, status, created_at desc, id, coalesce(starts_at, created_at))',
    '(tenant_id, created_at desc, id) where needs_review',
    // Those that a period does not find about the time when they became known (read-api/period.ts).
    `(tenant_id, created_at desc, id, coalesce(starts_at, created_at), status)
      where created_at - starts_at > interval '24 hours'`,
    `(tenant_id, created_at desc, id, coalesce(starts_at, created_at), status)
      where starts_at - created_at > interval '2400 hours'`,
    // A period finds few, which are then sorted.
    '(tenant_id, coalesce(starts_at, created_at))',
    // Daily counts (read-api/summary/).
    '(tenant_id, deciding_call_at) where needs_review',
  ],
  view: Object.keys(columns.appointments),
};

/** A decision with the time by which its call is counted (docs/rules.md, "Daily summary"). */
type DatedDecision = SessionDecision & { readonly countedAt: string };

/** What calls have decided, and of which appointment. */
export const decided: Table = {
  name: 'decisions',
  columns: { tenant_id: 'text not null', call_id: 'text not null', appointment_id: 'text not null', decision: 'json' },
  key: ['tenant_id', 'call_id'],
  indexes: ['(tenant_id, appointment_id)'],
};

export type DecidedRow = { tenant_id: string; call_id: string; appointment_id: string; decision: DatedDecision };

/** One row per appointment (A9). */
export const appointments: View = {
  tables: [appointmentRows, decided],
  async save(tables, batch) {
    const births = birthsIn(batch);
    const touched = new Map<string, AppointmentId>();
    const touch = (tenantId: string, id: string) => touched.set(appointmentStream(tenantId, id), { tenantId, id });
    for (const row of await saveDecisions(tables, batch.membership.touched)) touch(row.tenant_id, row.appointment_id);
    for (const { tenantId, id } of births.values()) touch(tenantId, id);
    for (const { after } of batch.changed.values())
      if ('appointmentId' in after) touch(after.tenantId, after.appointmentId);
    await saveAppointments(tables, batch, births, [...touched.values()]);
  },
  async streamsBehind(tables, of, { tenant_id, id }) {
    if (of !== appointmentRows) return [];
    const key = { tenant_id, appointment_id: id };
    const calls = await tables.select<DecidedRow>(decided, ['tenant_id', 'appointment_id'], [key]);
    const links = await tables.select<LinkRow>(sessionCalls, sessionCalls.key, calls);
    const streams = links.flatMap((link) => [callStreamOf(link), sessionStreamOf(link)]);
    return [appointmentStream(tenant_id as string, id as string), ...streams];
  },
};

/** The decisions of the calls of these sessions; answers those that are new, changed or no longer of an appointment. */
async function saveDecisions(tables: Tables, sessions: readonly Session<Decisions>[]): Promise<DecidedRow[]> {
  const after = sessions.flatMap(decisionsOf);
  const keys = sessions.flatMap(({ calls }) => calls.map(callKey));
  const before = await tables.select<DecidedRow>(decided, decided.key, keys);
  const keyOf = (row: DecidedRow) => `${row.tenant_id}.${row.call_id}`;
  const still = new Set(after.map(keyOf));
  const known = new Set(before.map(keyOf));
  await tables.write(decided, {
    added: after.filter((row) => !known.has(keyOf(row))),
    changed: after.filter((row) => known.has(keyOf(row))),
  });
  await tables.delete(
    decided,
    decided.key,
    before.filter((row) => !still.has(keyOf(row))),
  );
  return [...before, ...after];
}

/** What the calls of a session have decided, and of which appointment. */
export const decisionsOf = (session: Session<Decisions>): DecidedRow[] =>
  session.calls.flatMap((call): DecidedRow[] => {
    const decision = decisionOf(call);
    const appointment = appointmentOfCall(call, session);
    if (!decision || appointment === undefined) return [];
    const countedAt = new Date(latestValue(call.known, 'startedAt') ?? createdAtOf(session)).toISOString();
    return [
      {
        tenant_id: call.tenantId,
        call_id: call.callId,
        appointment_id: appointment,
        decision: { ...decision, sessionId: session.id, countedAt },
      },
    ];
  });

type Birth = { readonly position: Position; readonly recordedAt: string; readonly earliestAt: number };

/** By appointment stream: the fact that created it, as far as the batch has it. */
function birthsIn(batch: ChangedCalls): ReadonlyMap<string, AppointmentId & { birth: Birth }> {
  const births = new Map<string, AppointmentId & { birth: Birth }>();
  const born = (tenantId: string, id: string, birth: Birth) => {
    const key = appointmentStream(tenantId, id);
    const known = births.get(key)?.birth;
    const first = !known || isBefore(birth.position, known.position) ? birth : known;
    const earliestAt = Math.min(birth.earliestAt, known?.earliestAt ?? Number.POSITIVE_INFINITY);
    births.set(key, { tenantId, id, birth: { ...first, earliestAt } });
  };
  for (const { before, after } of batch.changed.values()) {
    if ('appointmentId' in after) {
      const [first] = entriesOf(after.entries);
      if (first) born(after.tenantId, after.appointmentId, { ...first, earliestAt: first.occurredAt });
      continue;
    }
    if (!('appointmentsNamed' in after)) continue;
    const known = before && 'appointmentsNamed' in before ? before.appointmentsNamed : [];
    for (const { id, ...named } of after.appointmentsNamed)
      if (findNamed(known, id)?.earliestAt !== named.earliestAt) born(after.tenantId, id, named);
  }
  return births;
}

async function saveAppointments(
  tables: Tables,
  batch: ChangedCalls,
  births: ReadonlyMap<string, { birth: Birth }>,
  ids: readonly AppointmentId[],
): Promise<void> {
  const streamOf = ({ tenantId, id }: AppointmentId) => appointmentStream(tenantId, id);
  const keys = ids.map(({ tenantId, id }) => ({ tenant_id: tenantId, id, appointment_id: id }));
  type Born = { tenant_id: string; id: string; created_at: Date; first_event_at: number; first_position: Position };
  const known = await tables.select<Born>(appointmentRows, appointmentRows.key, keys);
  const born = new Map(known.map((row) => [appointmentStream(row.tenant_id, row.id), row]));
  const found = await tables.select<DecidedRow>(decided, ['tenant_id', 'appointment_id'], keys);
  const calls = Map.groupBy(found, (row) => appointmentStream(row.tenant_id, row.appointment_id));
  const states = await batch.statesOf(ids.map(streamOf));

  const made = { added: [] as Row[], changed: [] as Row[] };
  for (const id of ids) {
    const stream = streamOf(id);
    const staff = states.get(stream) as StaffState | undefined;
    const decidedBy = (calls.get(stream) ?? []).map(({ decision }) => decision);
    const birth = births.get(stream)?.birth;
    const before = born.get(stream);
    // The facts of a redriven stream may be earlier than the first one so far.
    if (!birth && !before) continue; // erased, while what named it waits in a parked stream
    const isFirst = birth && (!before || isBefore(birth.position, before.first_position));
    const createdAt = isFirst ? birth.recordedAt : before!.created_at;
    const firstPosition = isFirst ? birth.position : before!.first_position;
    // The earliest that named it, not the first that came: the order of arrival must not show.
    const firstEventAt = Math.min(
      before?.first_event_at ?? Number.POSITIVE_INFINITY,
      birth?.earliestAt ?? Number.POSITIVE_INFINITY,
    );
    const row = {
      ...appointmentRowOf(id, { calls: decidedBy, staff, createdAt, firstEventAt }),
      first_position: firstPosition,
    };
    made[before ? 'changed' : 'added'].push(row);
  }
  await tables.write(appointmentRows, made);
}

type Grounds = {
  readonly calls: readonly DatedDecision[];
  readonly staff: StaffState | undefined;
  readonly createdAt: Date | string;
  /** In milliseconds. */
  readonly firstEventAt: number;
};

const rowOf = rowMaker('appointments');

/** The row of an appointment; what the query API shows is made of it. */
export function appointmentRowOf(
  { tenantId, id }: AppointmentId,
  { calls, staff, createdAt, firstEventAt }: Grounds,
): Row {
  const entries = entriesOf(staff?.entries);
  const appointment = appointmentOf(calls, entries);
  const events = [...calls.map((call) => call.lastEventAt), ...entries.map((entry) => entry.occurredAt)];
  const lastEventAt = events.reduce((last, at) => Math.max(last, at), firstEventAt);
  const row = rowOf({
    ...appointment,
    tenantId,
    id,
    decidingCallAt: calls.find(({ callId }) => callId === appointment.decidedByCallId)?.countedAt,
    createdAt,
    lastEventAt: new Date(lastEventAt).toISOString(),
    erased: staff?.erased !== undefined,
  });
  return { ...row, first_event_at: firstEventAt };
}
