import { callStream } from '../../events/streams.ts';
import { type Session, sessionsEverOf } from '../calls/session.ts';
import type { LinkRow } from '../calls/session-calls.ts';
import type { Row, Table } from '../engine/table.ts';

// What a session has to do with now stands in `call_sessions` and `call_session_calls`. Who asks what was known at an
// earlier time (`at=`) needs besides what it may have had to do with then. Almost no call has any of this.

/** Sessions that a call may ever have been in, when there are several. Rows are added and never change. */
export const formerCalls: Table = {
  name: 'call_session_former_calls',
  columns: { tenant_id: 'text not null', session_id: 'text not null', call_id: 'text not null' },
  key: ['tenant_id', 'session_id', 'call_id'],
  view: ['tenant_id', 'session_id', 'call_id'],
};

/**
 * Appointments that a session, or a call that is in it now, has named and that it is not about. What a call has named in
 * a session that it has left is found through the call.
 */
export const otherAppointments: Table = {
  name: 'call_session_other_appointments',
  columns: { tenant_id: 'text not null', appointment_id: 'text not null', session_id: 'text not null' },
  key: ['tenant_id', 'appointment_id', 'session_id'],
  indexes: ['(tenant_id, session_id)'],
  view: ['tenant_id', 'appointment_id', 'session_id'],
};

export const formerCallsOf = (sessions: readonly Session[], links: ReadonlyMap<string, LinkRow>): Row[] =>
  sessions.flatMap(({ calls }) =>
    calls.flatMap((call) => {
      const { tenantId, callId } = call;
      const ids = sessionsEverOf(call, links.get(callStream(tenantId, callId))?.placed_session_id);
      return ids.length > 1 ? ids.map((id) => ({ tenant_id: tenantId, session_id: id, call_id: callId })) : [];
    }),
  );

/** By the session and by the calls that are in it now. */
export const appointmentsNamedBy = ({ request, calls }: Session): ReadonlySet<string> =>
  new Set([request, ...calls].flatMap((part) => (part?.appointmentsNamed ?? []).map(({ id }) => id)));

export const otherAppointmentsOf = (session: Session, about: string | undefined): Row[] =>
  [...appointmentsNamedBy(session)]
    .filter((appointmentId) => appointmentId !== about)
    .map((appointmentId) => ({
      tenant_id: session.tenantId,
      appointment_id: appointmentId,
      session_id: session.id,
    }));
