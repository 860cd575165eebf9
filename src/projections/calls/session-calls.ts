import { callStream, sessionStream } from '../../events/streams.ts';
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

export type CallKey = { readonly tenantId: string; readonly callId: string };
export type SessionKey = { readonly tenantId: string; readonly sessionId: string };

export const callKey = ({ tenantId, callId }: CallKey) => ({ tenant_id: tenantId, call_id: callId });
export const sessionKey = ({ tenantId, sessionId }: SessionKey) => ({ tenant_id: tenantId, session_id: sessionId });

/** The streams that rows are about. */
export const callStreamOf = (row: Pick<LinkRow, 'tenant_id' | 'call_id'>): string =>
  callStream(row.tenant_id, row.call_id);
export const sessionStreamOf = (row: Pick<LinkRow, 'tenant_id' | 'session_id'>): string =>
  sessionStream(row.tenant_id, row.session_id);

export const linksOfCalls = (tables: Tables, calls: readonly CallKey[]): Promise<readonly LinkRow[]> =>
  tables.select<LinkRow>(sessionCalls, ['tenant_id', 'call_id'], calls.map(callKey));

export const linksOfSessions = (tables: Tables, sessions: readonly SessionKey[]): Promise<readonly LinkRow[]> =>
  tables.select<LinkRow>(sessionCalls, ['tenant_id', 'session_id'], sessions.map(sessionKey));

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
      const ids = sessionsEverOf(call, links.get(callStream(call.tenantId, call.callId))?.placed_session_id);
      return ids.length > 1 ? ids.map((id) => ({ ...callKey(call), session_id: id })) : [];
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
