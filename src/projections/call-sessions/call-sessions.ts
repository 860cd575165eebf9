import { openings, sessionCalls, updateMembership } from '../calls/membership.ts';
import type { Session } from '../calls/session.ts';
import type { Projection } from '../runtime/projection.ts';
import { deleteBy, type Row, type Table, upsert } from '../runtime/table.ts';
import type { CallSessionRow } from '../tables.ts';
import type { Description } from './description.ts';
import { sessionDocument } from './session-document.ts';
import { reduceSessionStream, type SessionStream } from './session-fold.ts';

const columns: Readonly<Record<keyof CallSessionRow, string>> = {
  tenant_id: 'text not null',
  id: 'text not null',
  status: 'text not null',
  status_reason: 'text not null',
  direction: 'text',
  appointment_id: 'text',
  contact_id: 'text',
  ticket_id: 'text',
  retell_call_id: 'text',
  retell_call_ids: 'text[] not null',
  agent_id: 'text',
  agent_name: 'text',
  from_number: 'text',
  to_number: 'text',
  customer_phone: 'text',
  started_at: 'timestamptz',
  ended_at: 'timestamptz',
  duration_ms: 'double precision',
  disconnection_reason: 'text',
  transferred: 'boolean not null',
  tenant_mismatch: 'boolean not null',
  archived: 'boolean not null',
  analysis_json: 'jsonb',
  transcript: 'text',
  recording_url: 'text',
  requested_at: 'timestamptz',
  created_at: 'timestamptz not null',
  last_event_at: 'timestamptz not null',
  revision: 'integer not null',
};

const sessions: Table = {
  name: 'call_sessions',
  columns,
  key: ['tenant_id', 'id'],
  indexes: [
    '(tenant_id, created_at desc, id desc)',
    '(tenant_id, status, created_at desc)',
    '(tenant_id, appointment_id) where appointment_id is not null',
    '(tenant_id, retell_call_id)',
    '(tenant_id, from_number)',
    '(tenant_id, to_number)',
    '(tenant_id, customer_phone)',
    '(tenant_id, coalesce(started_at, created_at))',
    '(tenant_id, created_at desc) where archived',
  ],
  view: Object.keys(columns),
};

const aliases: Table = { ...sessionCalls, view: ['tenant_id', 'call_id', 'session_id'] };

/** One row per call session, and the session of each call. */
export const callSessions = ({ matchMinutes }: { readonly matchMinutes: number }): Projection<SessionStream> => ({
  name: 'call_sessions',
  version: 2,
  prefixes: ['call-', 'session-'],
  tables: [sessions, aliases, openings],
  reduce: reduceSessionStream,
  async save(trx, table, batch) {
    const touched = await updateMembership<Description>(trx, table, batch, matchMinutes);
    const [alive, gone] = [touched.filter(exists), touched.filter((session) => !exists(session))];
    await upsert(trx, table(sessions), sessions, alive.map(rowOf));
    // Its calls have moved on to their final session.
    const keys = gone.map(({ tenantId, id }) => ({ tenant_id: tenantId, id }));
    await deleteBy(trx, table(sessions), sessions, sessions.key, keys);
  },
});

const exists = ({ request, calls }: Session): boolean => request !== undefined || calls.length > 0;

/** Longer than any number; what is longer would not fit an index. The facts keep the whole. */
const PHONE_LENGTH = 128;
const phone = (number: string | undefined): string | undefined => number?.slice(0, PHONE_LENGTH);

function rowOf(session: Session<Description>): Row {
  const document = sessionDocument(session);
  const row: { readonly [K in keyof CallSessionRow]: unknown } = {
    tenant_id: document.tenantId,
    id: document.id,
    status: document.status,
    status_reason: document.statusReason,
    direction: document.direction,
    appointment_id: document.appointmentId,
    contact_id: document.contactId,
    ticket_id: document.ticketId,
    retell_call_id: document.retellCallId,
    retell_call_ids: document.retellCallIds,
    agent_id: document.agentId,
    agent_name: document.agentName,
    from_number: phone(document.fromNumber),
    to_number: phone(document.toNumber),
    customer_phone: phone(document.customerPhone),
    started_at: document.startedAt,
    ended_at: document.endedAt,
    duration_ms: document.durationMs,
    disconnection_reason: document.disconnectionReason,
    transferred: document.transferred,
    tenant_mismatch: document.tenantMismatch ?? false,
    archived: document.archived,
    analysis_json: document.analysis,
    transcript: document.transcript,
    recording_url: document.recordingUrl,
    requested_at: document.requestedAt,
    created_at: document.createdAt,
    last_event_at: document.lastEventAt,
    revision: document.revision,
  };
  return row;
}
