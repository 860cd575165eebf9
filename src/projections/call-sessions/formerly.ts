import type { Session } from '../calls/session.ts';
import type { Row, Table } from '../runtime/table.ts';

// What a session has to do with now stands in `call_sessions` and `call_session_calls`. Who asks what was known at an
// earlier time (`at=`) needs besides what it may have had to do with then. Almost no call has any of this.

/** Sessions that a call has named and is not in. Rows are added and never change. */
export const formerCalls: Table = {
  name: 'call_session_former_calls',
  columns: { tenant_id: 'text not null', session_id: 'text not null', call_id: 'text not null' },
  key: ['tenant_id', 'session_id', 'call_id'],
  view: ['tenant_id', 'session_id', 'call_id'],
};

/** Appointments that a session, or a call of it, has named and that it is not about. Rows are added and never change. */
export const otherAppointments: Table = {
  name: 'call_session_other_appointments',
  columns: { tenant_id: 'text not null', appointment_id: 'text not null', session_id: 'text not null' },
  key: ['tenant_id', 'appointment_id', 'session_id'],
  view: ['tenant_id', 'appointment_id', 'session_id'],
};

export const formerCallsOf = ({ tenantId, id, calls }: Session): Row[] =>
  calls.flatMap(({ callId, sessionsNamed }) =>
    Object.keys(sessionsNamed)
      .filter((named) => named !== id)
      .map((named) => ({ tenant_id: tenantId, session_id: named, call_id: callId })),
  );

export function otherAppointmentsOf({ tenantId, id, request, calls }: Session, about: string | undefined): Row[] {
  const named = [request, ...calls].flatMap((part) => Object.keys(part?.appointmentsNamed ?? {}));
  return [...new Set(named)]
    .filter((appointmentId) => appointmentId !== about)
    .map((appointmentId) => ({ tenant_id: tenantId, appointment_id: appointmentId, session_id: id }));
}
