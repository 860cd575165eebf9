import { ticketOf } from '../../model/ticket.ts';
import type { TicketCall } from '../../model/ticket-call.ts';
import { asRead } from '../as-of/as-read.ts';
import { type Parts, sessionIdOf } from '../as-of/sessions.ts';
import type { TicketRow } from '../tables.ts';
import { rowOf, rows } from '../views/tickets.ts';
import type { TicketLog } from './ticket-log.ts';

/** The ticket of a call as the read model would hold it, had it heard of nothing but these; undefined: there was none. */
export function ticketAsOf(
  call: TicketCall,
  log: TicketLog | undefined,
  requests: Parts<never>['requests'],
): TicketRow | undefined {
  const ticket = ticketOf({ call, log });
  if (!ticket) return undefined;
  const sessionId = sessionIdOf(call.callId, { tenantId: call.tenantId, calls: [call], requests })!;
  return asRead(rows, rowOf(ticket, sessionId)) as TicketRow;
}
