import type { EventLog } from '../../events/event-log.ts';
import { callIdOfTicket } from '../../events/ticket-facts.ts';
import { startPosition } from '../reaction.ts';
import { dueMailsOf } from './due.ts';
import { appendMailFact, readTicketFacts } from './mail-record.ts';

type Redriven = 'redriven' | 'unknown_ticket' | 'nothing_to_send' | 'already_sent';

/**
 * Has the mail for a ticket's latest opening tried once more, by a fact that role `react` acts on; never one that was sent.
 * `by`: the id of the admin key.
 */
export async function redriveTicketMail(
  log: EventLog,
  tenantId: string,
  ticketId: string,
  { by, now = Date.now() }: { readonly by?: string; readonly now?: number } = {},
): Promise<Redriven> {
  const callId = callIdOfTicket(ticketId);
  if (callId === undefined) return 'unknown_ticket';
  const { after } = await startPosition(log, 'ticket-mail', 'end');
  const facts = await readTicketFacts(log, tenantId, callId);
  const { ticket, mails } = dueMailsOf(facts, { startAfter: after, waitMs: 0 });
  if (!ticket) return 'unknown_ticket';
  const latest = mails.at(-1);
  if (latest?.dueAt === undefined) return 'nothing_to_send';
  const { opening } = latest;
  const result = await appendMailFact<'already_sent'>(log, { tenantId, callId, opening }, now, ({ settled }) =>
    settled === 'sent'
      ? 'already_sent'
      : { type: 'TicketMailRedriven', data: { callId, opening, ...(by !== undefined && { by }) } },
  );
  return typeof result === 'string' ? result : 'redriven';
}
