import type { Fact } from '../../../src/events/codec.ts';
import { parseStream } from '../../../src/events/streams.ts';
import { callIdOfTicket, type TicketEvent } from '../../../src/events/ticket-facts.ts';
import { reduceTicket, type TicketState, ticketOf } from '../../../src/model/ticket.ts';
import { messageIdOf } from '../../../src/reactions/ticket-mail/smtp.ts';
import { isForeignTo, MAIL_FROM, tenants } from '../tenants.ts';
import type { Evidence, Invariant } from './finding.ts';

export type Opening = {
  readonly tenantId: string;
  readonly callId: string;
  readonly opening: number;
  readonly messageId: string;
  readonly facts: readonly TicketEvent[];
};

/** Every opening of every ticket, by the log, with what the log says of its mail. */
export function openingsOf({ facts }: Evidence['ledger']): { readonly due: Opening[]; readonly waiting: number } {
  const tickets = new Map<string, { state: TicketState; own: Fact[] }>();
  for (const fact of facts) {
    const { category, tenantId, id } = parseStream(fact.stream)!;
    const callId = category === 'call' ? id : category === 'ticket' ? callIdOfTicket(id) : undefined;
    if (callId === undefined) continue;
    const key = `${tenantId} ${callId}`;
    const { state, own } = tickets.get(key) ?? { state: {}, own: [] };
    tickets.set(key, { state: reduceTicket(state, fact), own: category === 'ticket' ? [...own, fact] : own });
  }
  let waiting = 0;
  const due = [...tickets].flatMap(([key, { state, own }]) => {
    const [tenantId, callId] = key.split(' ') as [string, string];
    const openings = ticketOf(state)?.openings ?? 0;
    // Not before the call has ended, and without an analysis only a transfer goes.
    const isDue = state.call?.ended && (state.call.analysed || state.call.transferred);
    if (!isDue) waiting += openings;
    return Array.from({ length: openings }, (_, i): Opening => {
      const opening = i + 1;
      const its = own.filter(({ data }) => 'opening' in data && data.opening === opening) as unknown as TicketEvent[];
      const messageId = messageIdOf({ tenantId, callId, opening }, MAIL_FROM);
      return { tenantId, callId, opening, messageId, facts: its };
    }).filter(() => isDue);
  });
  return { due, waiting };
}

/** Openings whose mail has neither gone out nor been given up. */
export const openMails = (ledger: Evidence['ledger']): Opening[] =>
  openingsOf(ledger).due.filter(({ facts }) => facts.every(({ type }) => underWay.includes(type)));

const underWay: readonly string[] = ['TicketMailClaimed', 'TicketMailPartlySent'];

/**
 * Invariant 4, but for the documented window (docs/mail.md): a process that is killed between the server's yes and the
 * record. Then the mail goes again under the same name, and not before the claim of the killed one has ended.
 */
export const oneMailPerOpening: Invariant = {
  name: 'at most one mail per opening of a ticket',
  async check({ world, ledger }) {
    const { due } = openingsOf(ledger);
    const mails = Map.groupBy(world.mailbox.mails, ({ messageId }) => messageId ?? 'none');
    const wrong: string[] = [];
    let twins = 0;
    for (const { callId, tenantId, opening, messageId, facts } of due) {
      const name = `${tenantId} ${callId}, opening ${opening}`;
      const sent = facts.filter(({ type }) => type === 'TicketMailSent').length;
      if (sent > 1) wrong.push(`${name}: recorded as sent ${sent} times`);
      const its = mails.get(messageId) ?? [];
      mails.delete(messageId);
      if (sent === 1 && its.length === 0) wrong.push(`${name}: recorded as sent, and it was not`);
      twins += Math.max(0, its.length - 1);
      const ends = facts.flatMap(({ type, data }) => (type === 'TicketMailClaimed' ? [Date.parse(data.until)] : []));
      // Each but the first rests on a claim of its own, made when the one before had ended.
      for (const { date } of its.slice(1))
        if (its.length > ends.length || !ends.some((end) => end <= Date.parse(date!) + 1000))
          wrong.push(`${name}: ${its.length} mails under ${ends.length} claims`);
      const { recipient } = tenants.find(({ id }) => id === tenantId)!;
      for (const mail of its) {
        if (mail.to?.some(({ address }) => address !== recipient) || isForeignTo(tenantId, JSON.stringify(mail)))
          wrong.push(`${name}: it speaks of another tenant's people, or to them`);
      }
    }
    for (const [messageId, its] of mails) wrong.push(`${its.length} mails that no opening asks for: ${messageId}`);
    return { looked: due.length, at: `openings (${twins} twins)`, wrong };
  },
};
