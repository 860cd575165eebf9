import type { Kysely } from 'kysely';
import type { EventLog } from '../events/event-log.ts';
import { appointmentStream, callStream, sessionStream, ticketStream } from '../events/streams.ts';
import { callIdOfTicket } from '../events/ticket-facts.ts';
import type { StaffState } from '../model/appointment.ts';
import type { Decisions } from '../model/appointment-decision.ts';
import type { Description } from '../model/call.ts';
import { entriesOf, findNamed, isBefore, type Position } from '../model/entries.ts';
import { ownSessionId, type Parts, sessionIdOf, sessionsEverOf, sessionsOf } from '../model/session.ts';
import type { CallFields, WholeCall } from '../model/stream-state.ts';
import { type TicketLog, ticketOf } from '../model/ticket.ts';
import type { TicketCall } from '../model/ticket-call.ts';
import { asJson } from '../projections/engine/statements.ts';
import type { Row, Table } from '../projections/engine/table.ts';
import type { AppointmentRow, CallSessionRow, ReadModel, TicketRow } from '../projections/tables.ts';
import { appointmentRowOf, appointmentRows, decisionsOf } from '../projections/views/appointments.ts';
import { sessionRowOf, sessionRows } from '../projections/views/call-sessions.ts';
import { ticketRowOf, ticketRows } from '../projections/views/tickets.ts';
import type { AsOf } from '../read-api/as-of.ts';
import { callIdIn } from '../read-api/call-sessions.ts';
import type { TenantReads } from '../read-api/tenant-reads.ts';
import { type Past, pastAt } from './past.ts';

/** A call, and the session that placed it, which its own facts do not name. */
type RelatedCall = {
  readonly callId: string;
  /** The first session that placed it. */
  readonly placedBy: string | null;
};

// Which streams may ever have been related. The read model only adds to this, so its current state answers for the
// past; the facts decide what held then.

async function relatedCalls(reads: TenantReads, callIds: readonly string[]): Promise<RelatedCall[]> {
  if (callIds.length === 0) return [];
  return relatedCallsOf(await links(reads).where('call_id', 'in', callIds).execute());
}

/** Every call that may ever have belonged to one of these sessions. */
async function callsEverIn(reads: TenantReads, sessionIds: readonly string[]): Promise<RelatedCall[]> {
  if (sessionIds.length === 0) return [];
  const formerCalls = reads.callSessionFormerCalls().select('call_id').where('session_id', 'in', sessionIds);
  const ownName = sessionIds.flatMap((id) => (id.startsWith('call:') ? [id.slice('call:'.length)] : []));
  const found = await Promise.all([
    links(reads).where('session_id', 'in', sessionIds).execute(),
    links(reads).where('call_id', 'in', formerCalls).execute(),
    ownName.length > 0 ? links(reads).where('call_id', 'in', ownName).execute() : [],
  ]);
  return relatedCallsOf(found.flat());
}

/** Every session that may ever have been about an appointment, by its own facts or those of calls that are in it now. */
async function sessionsEverAbout(reads: TenantReads, appointmentId: string): Promise<string[]> {
  const [current, others] = await Promise.all([
    reads.callSessions().select('id').where('appointment_id', '=', appointmentId).execute(),
    reads.callSessionOtherAppointments().select('session_id').where('appointment_id', '=', appointmentId).execute(),
  ]);
  return [...new Set([...current.map(({ id }) => id), ...others.map(({ session_id }) => session_id)])];
}

const links = (reads: TenantReads) => reads.callSessionCalls().select(['call_id', 'placed_session_id']);

type Link = { call_id: string; placed_session_id: string | null };

const relatedCallsOf = (rows: readonly Link[]): RelatedCall[] =>
  [...new Map(rows.map((row) => [row.call_id, row])).values()].map((row) => ({
    callId: row.call_id,
    placedBy: row.placed_session_id,
  }));

/** A computed row in the form in which Postgres returns a stored one. */
function asRead(table: Table, row: Row): Record<string, unknown> {
  const stored = JSON.parse(asJson(row)) as Record<string, unknown>;
  const read: Record<string, unknown> = {};
  for (const [column, type] of Object.entries(table.columns)) {
    const value = stored[column] ?? null;
    if (value === null) read[column] = null;
    else if (type.startsWith('timestamptz')) read[column] = new Date(value as string);
    else if (type.startsWith('jsonb')) read[column] = inOrderOfJsonb(value);
    else read[column] = value;
  }
  return read;
}

/** jsonb orders keys by length in bytes, then by bytes. */
function inOrderOfJsonb(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrderOfJsonb);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [Buffer.from(key), key, inOrderOfJsonb(inner)] as const);
  entries.sort(([a], [b]) => a.length - b.length || a.compare(b));
  return Object.fromEntries(entries.map(([, key, inner]) => [key, inner]));
}

/** The row of a session by these facts alone; undefined if it was unknown. */
function sessionAsOf(id: string, parts: Parts<Description>): CallSessionRow | undefined {
  const [session] = sessionsOf([id], parts);
  return session && (asRead(sessionRows, sessionRowOf(session)) as CallSessionRow);
}

/** The row of a ticket by these facts alone; undefined if there was none. */
function ticketAsOf(
  call: TicketCall,
  log: TicketLog | undefined,
  requests: Parts<never>['requests'],
): TicketRow | undefined {
  const ticket = ticketOf({ call, log });
  if (!ticket) return undefined;
  const sessionId = sessionIdOf(call.callId, { tenantId: call.tenantId, calls: [call], requests })!;
  return asRead(ticketRows, ticketRowOf(ticket, sessionId)) as TicketRow;
}

/** The place where an appointment was named or staff changed it. */
type Mention = { readonly position: Position; readonly recordedAt: string; readonly earliestAt: number };

/**
 * The row of an appointment by these facts alone; undefined if it was unknown. `sessionIds`: all that may have been
 * about it, their calls among the parts.
 */
function appointmentAsOf(
  id: string,
  sessionIds: readonly string[],
  parts: Parts<Decisions>,
  staff: StaffState | undefined,
): AppointmentRow | undefined {
  const entries = entriesOf(staff?.entries);
  const byStaff = entries.slice(0, 1).map((entry): Mention => ({ ...entry, earliestAt: entry.occurredAt }));
  const mentions = [...byStaff, ...mentionsOf(id, parts)].sort((a, b) => (isBefore(a.position, b.position) ? -1 : 1));
  const [first] = mentions;
  if (!first) return undefined;
  const decided = sessionsOf(sessionIds, parts).flatMap(decisionsOf);
  const row = appointmentRowOf(
    { tenantId: parts.tenantId, id },
    {
      calls: decided.filter(({ appointment_id }) => appointment_id === id).map(({ decision }) => decision),
      entries,
      createdAt: first.recordedAt,
      firstEventAt: Math.min(...mentions.map(({ earliestAt }) => earliestAt)),
    },
  );
  return asRead(appointmentRows, row) as AppointmentRow;
}

const mentionsOf = (id: string, { calls, requests }: Parts<Decisions>): Mention[] =>
  [...calls, ...requests].flatMap(({ appointmentsNamed }) => findNamed(appointmentsNamed, id) ?? []);

/**
 * Resources as they were known at a moment (`at=`). The read model only says *which* streams to read; the facts decide
 * whether they were related then.
 */
export function asOf(stores: { readonly log: EventLog; readonly db: Kysely<ReadModel> }): AsOf {
  return {
    async callSession(tenantId, id, moment) {
      const past = await pastAt(stores, tenantId, moment);
      if (!past) return undefined;
      const named = await session(past, id);
      if (named) return named;
      // The id of a call still answers when the session has another id.
      const callId = callIdIn(id);
      const calls = await relatedCalls(past.reads, [callId]);
      const sessionId = sessionIdOf(callId, await partsOf(past, [], calls));
      return sessionId === undefined ? undefined : session(past, sessionId);
    },

    async appointment(tenantId, id, moment) {
      const past = await pastAt(stores, tenantId, moment);
      if (!past) return undefined;
      const own = appointmentStream(tenantId, id);
      const staff = (await past.fold([own])).get(own) as StaffState | undefined;
      const about = await sessionsEverAbout(past.reads, id);
      const calls = await callsEverIn(past.reads, about);
      // A call that named it may have done so in another session, and for its other calls too.
      const sessionIds = [...new Set([...about, ...sessionsOfNaming(id, calls, await partsOf(past, about, calls))])];
      const parts = await partsOf(past, sessionIds, await callsEverIn(past.reads, sessionIds));
      return appointmentAsOf(id, sessionIds, parts, staff);
    },

    async ticket(tenantId, id, moment) {
      const callId = callIdOfTicket(id);
      const past = callId === undefined ? undefined : await pastAt(stores, tenantId, moment);
      if (!past || callId === undefined) return undefined;
      const [ofCall, ofTicket] = [callStream(tenantId, callId), ticketStream(tenantId, id)];
      const calls = await relatedCalls(past.reads, [callId]);
      const { requests } = await partsOf(past, [], calls);
      const states = await past.fold([ofCall, ofTicket]);
      const call = states.get(ofCall) as WholeCall | undefined;
      return call && ticketAsOf(call, states.get(ofTicket) as TicketLog | undefined, requests);
    },
  };
}

async function session(past: Past, id: string) {
  const calls = await callsEverIn(past.reads, [id]);
  return sessionAsOf(id, await partsOf(past, [id], calls));
}

/** The states of the sessions, the calls and the sessions that placed them. */
async function partsOf(
  past: Past,
  sessionIds: readonly string[],
  calls: readonly RelatedCall[],
): Promise<Parts<CallFields>> {
  const { tenantId } = past;
  const requesters = new Set([...sessionIds, ...calls.flatMap(({ placedBy }) => placedBy ?? [])]);
  const states = await past.fold([
    ...[...requesters].map((id) => sessionStream(tenantId, id)),
    ...calls.map(({ callId }) => callStream(tenantId, callId)),
  ]);
  const found = [...states.values()];
  return {
    tenantId,
    calls: found.filter((state) => 'callId' in state),
    requests: found.filter((state) => 'sessionId' in state),
  };
}

/** Every session of the calls that named an appointment. */
const sessionsOfNaming = (appointmentId: string, related: readonly RelatedCall[], { calls }: Parts<CallFields>) =>
  calls
    .filter(({ appointmentsNamed }) => findNamed(appointmentsNamed, appointmentId))
    .flatMap((call) => [
      ...sessionsEverOf(call, related.find(({ callId }) => callId === call.callId)!.placedBy),
      ownSessionId(call.callId),
    ]);
