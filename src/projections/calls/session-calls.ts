import { callStream } from '../../events/streams.ts';
import { type Session, sessionsEverOf } from '../../model/session.ts';
import type { Row, Table, Tables } from '../engine/table.ts';
import { columns, type RowOf } from '../tables.ts';

const { placed_session_id, matched_session_id, phones, ...ids } = columns.call_session_calls;
const linkColumns = {
  ...ids,
  /** The session that the call names itself. */
  own_session_id: 'text',
  placed_session_id,
  matched_session_id,
  phones,
} as const;

/** The session of each call, and the claims it follows from. */
export const sessionCalls: Table = {
  name: 'call_session_calls',
  columns: linkColumns,
  key: ['tenant_id', 'call_id'],
  indexes: ['(tenant_id, session_id)'],
};

export type LinkRow = Readonly<RowOf<typeof linkColumns>>;

export const linksOfCalls = (
  tables: Tables,
  calls: readonly { readonly tenantId: string; readonly callId: string }[],
): Promise<readonly LinkRow[]> => {
  const keys = calls.map(({ tenantId, callId }) => ({ tenant_id: tenantId, call_id: callId }));
  return tables.select<LinkRow>(sessionCalls, ['tenant_id', 'call_id'], keys);
};

export const linksOfSessions = (
  tables: Tables,
  sessions: readonly { readonly tenantId: string; readonly sessionId: string }[],
): Promise<readonly LinkRow[]> => {
  const keys = sessions.map(({ tenantId, sessionId }) => ({ tenant_id: tenantId, session_id: sessionId }));
  return tables.select<LinkRow>(sessionCalls, ['tenant_id', 'session_id'], keys);
};

// Past relations, which queries `at=` a moment need besides the current ones in `call_sessions` and
// `call_session_calls`. Few calls have any.

/** The sessions that a call may ever have been in, when there are several. Rows never change. */
export const formerCalls: Table = {
  name: 'call_session_former_calls',
  columns: columns.call_session_former_calls,
  key: ['tenant_id', 'session_id', 'call_id'],
  view: Object.keys(columns.call_session_former_calls),
};

/**
 * Appointments that a session or its current calls named, besides its own. For a call that has left, look at the call.
 */
export const otherAppointments: Table = {
  name: 'call_session_other_appointments',
  columns: columns.call_session_other_appointments,
  key: ['tenant_id', 'appointment_id', 'session_id'],
  indexes: ['(tenant_id, session_id)'],
  view: Object.keys(columns.call_session_other_appointments),
};

export const formerCallsOf = (sessions: readonly Session[], links: ReadonlyMap<string, LinkRow>): Row[] =>
  sessions.flatMap(({ calls }) =>
    calls.flatMap((call) => {
      const { tenantId, callId } = call;
      const ids = sessionsEverOf(call, links.get(callStream(tenantId, callId))?.placed_session_id);
      return ids.length > 1 ? ids.map((id) => ({ tenant_id: tenantId, session_id: id, call_id: callId })) : [];
    }),
  );

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
