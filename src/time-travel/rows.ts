import type { StaffState } from '../model/appointment.ts';
import type { Decisions } from '../model/appointment-decision.ts';
import type { Description } from '../model/call.ts';
import { customerBy, withCall } from '../model/customer.ts';
import { entriesOf, findNamed, isBefore, type Position } from '../model/entries.ts';
import { type Parts, sessionIdOf, sessionsOf } from '../model/session.ts';
import { type TicketLog, ticketOf } from '../model/ticket.ts';
import type { TicketCall } from '../model/ticket-call.ts';
import { asJson } from '../projections/engine/row-text.ts';
import type { Row, Table } from '../projections/engine/table.ts';
import type { AppointmentRow, CallSessionRow, CustomerRow, TicketRow } from '../projections/tables.ts';
import { appointmentRowOf, appointmentRows, decisionsOf } from '../projections/views/appointments.ts';
import { sessionRowOf, sessionRows } from '../projections/views/call-sessions.ts';
import { customerRowOf, customerRows } from '../projections/views/customers.ts';
import { ticketRowOf, ticketRows } from '../projections/views/tickets.ts';

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
export function sessionAsOf(id: string, parts: Parts<Description>): CallSessionRow | undefined {
  const [session] = sessionsOf([id], parts);
  return session && (asRead(sessionRows, sessionRowOf(session)) as CallSessionRow);
}

/** The row of a ticket by these facts alone; undefined if there was none. */
export function ticketAsOf(
  call: TicketCall,
  log: TicketLog | undefined,
  requests: Parts<never>['requests'],
): TicketRow | undefined {
  const ticket = ticketOf({ call, log });
  if (!ticket) return undefined;
  const sessionId = sessionIdOf(call.callId, { tenantId: call.tenantId, calls: [call], requests })!;
  return asRead(ticketRows, ticketRowOf(ticket, sessionId)) as TicketRow;
}

/** The row of a customer by these calls alone; undefined: none of them is with it. */
export function customerAsOf(id: string, calls: readonly TicketCall[]): CustomerRow | undefined {
  const customers = calls.map(customerBy).filter((one) => one?.id === id);
  const customer = customers.reduce((all, one) => withCall(all, one!), undefined);
  return customer && (asRead(customerRows, customerRowOf(customer)) as CustomerRow);
}

/** The place where an appointment was named or staff changed it. */
type Mention = { readonly position: Position; readonly recordedAt: string; readonly earliestAt: number };

/**
 * The row of an appointment by these facts alone; undefined if it was unknown. `sessionIds`: all that may have been
 * about it, their calls among the parts.
 */
export function appointmentAsOf(
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
      staff,
      createdAt: first.recordedAt,
      firstEventAt: Math.min(...mentions.map(({ earliestAt }) => earliestAt)),
    },
  );
  return asRead(appointmentRows, row) as AppointmentRow;
}

const mentionsOf = (id: string, { calls, requests }: Parts<Decisions>): Mention[] =>
  [...calls, ...requests].flatMap(({ appointmentsNamed }) => findNamed(appointmentsNamed, id) ?? []);
