import type { EventLog } from '../../events/event-log.ts';
import { callIdOfTicket } from '../../events/ticket-facts.ts';
import { beginning } from '../beginning.ts';
import { appendMailFact } from './append-mail-fact.ts';
import { dutiesOf } from './due.ts';
import { readTicketFacts } from './ticket-facts-of.ts';

export type Redriven = 'redriven' | 'unknown_ticket' | 'nothing_to_send' | 'already_sent';

/**
 * Has the mail for the ticket's latest opening tried once more: given up, not sent for want of settings, or stuck.
 * One fact in the log; whoever has the role `react` acts on it. A mail that was sent is never sent again.
 */
export async function redriveTicketMail(
  log: EventLog,
  tenantId: string,
  ticketId: string,
  now = Date.now(),
): Promise<Redriven> {
  const callId = callIdOfTicket(ticketId);
  if (callId === undefined) return 'unknown_ticket';
  const { after } = await beginning(log, 'ticket-mail', 'end');
  const { ticket, of } = dutiesOf(await readTicketFacts(log, tenantId, callId), { begunAfter: after, waitMs: 0 });
  if (!ticket) return 'unknown_ticket';
  const latest = of.at(-1);
  if (latest?.dueAt === undefined) return 'nothing_to_send';
  const { opening } = latest;
  const result = await appendMailFact<'already_sent'>(log, { tenantId, callId, opening }, now, ({ settled }) =>
    settled === 'sent' ? 'already_sent' : { type: 'TicketMailRedriven', data: { callId, opening } },
  );
  return typeof result === 'string' ? result : 'redriven';
}
