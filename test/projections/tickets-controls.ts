import type { FactMetadata } from '../../src/events/metadata.ts';
import { ticketStream } from '../../src/events/streams.ts';
import { type MailObstacle, type TicketEvent, type TicketStatus, ticketIdOf } from '../../src/events/ticket-facts.ts';
import { reduceTicket, type Ticket, type TicketState, ticketOf } from '../../src/model/ticket.ts';
import { recorded, type Said, TENANT } from './controls.ts';

// What happens at the ticket endpoints, and to tickets.

export const inbound: Partial<FactMetadata> = { endpoint: 'retell-inbound-ticket' };
export const outbound: Partial<FactMetadata> = { endpoint: 'retell-outbound-ticket' };
export const noTicket: Partial<FactMetadata> = { endpoint: 'retell' };

const toTicket = (event: TicketEvent): Said => ({
  stream: ticketStream(TENANT, ticketIdOf(event.data.callId)),
  event,
  metadata: { source: 'command' },
});

export const staffSays = (status: TicketStatus, note = '', callId = 'call_1'): Said =>
  toTicket({ type: 'TicketStatusSet', data: { callId, status, note } });
export const mailSent = (opening = 1, callId = 'call_1'): Said =>
  toTicket({ type: 'TicketMailSent', data: { callId, opening, messageId: '<1@acme>' } });
export const mailRedriven = (by: string, callId = 'call_1'): Said =>
  toTicket({ type: 'TicketMailRedriven', data: { callId, opening: 1, by } });
export const mailRefusedBySome = (refused: number): Said =>
  toTicket({ type: 'TicketMailSent', data: { callId: 'call_1', opening: 1, messageId: '<1@acme>', refused } });
export const mailPartlySent = (): Said =>
  toTicket({
    type: 'TicketMailPartlySent',
    data: { callId: 'call_1', opening: 1, messageId: '<1@acme>', accepted: ['a'], refused: ['b'] },
  });
export const mailFailed = (opening = 1, callId = 'call_1'): Said =>
  toTicket({ type: 'TicketMailFailed', data: { callId, opening, reason: 'refused' } });
export const mailNotSent = (reason: MailObstacle, opening = 1, callId = 'call_1'): Said =>
  toTicket({ type: 'TicketMailNotSent', data: { callId, opening, reason } });

/** The ticket that all of these are about. */
export const ticketAfter = (...said: readonly Said[]): Ticket | undefined =>
  ticketOf(recorded(...said).reduce<TicketState>(reduceTicket, {}));
