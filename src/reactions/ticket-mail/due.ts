import type { Fact } from '../../events/codec.ts';
import type { EventLog } from '../../events/event-log.ts';
import { callIdOfTicket } from '../../events/ticket-facts.ts';
import { latestValue } from '../../model/latest.ts';
import { reduceTicket, type Ticket, type TicketState, ticketOf } from '../../model/ticket.ts';
import { orUnreadable } from '../../projections/fold-stream.ts';
import { startPosition } from '../reaction.ts';
import { appendMailFact, type MailRecord, mailRecords, readTicketFacts, type TicketFacts } from './mail-record.ts';

/** The mail for one opening of a ticket (docs/rules.md, "Tickets, customers, mail"). */
type DueMail = {
  readonly opening: number;
  readonly record: MailRecord;
  /** In milliseconds; absent: it depends on facts of the call that are still to come. */
  readonly dueAt?: number;
};

type DueMails = {
  readonly ticket?: Ticket;
  readonly mails: readonly DueMail[];
  /** A fact that is still to come decides when the mail goes, or whether there is a ticket at all. */
  readonly waiting: boolean;
};

export type DueOptions = {
  /** The reaction's start position: it sends no mail for openings up to there. */
  readonly startAfter: bigint | undefined;
  /** How long a transferred call's mail waits for an analysis after the call's end. */
  readonly waitMs: number;
};

export function dueMailsOf(facts: TicketFacts, { startAfter, waitMs }: DueOptions): DueMails {
  const state = fold([...facts.ofCall, ...facts.ofTicket]);
  const ticket = ticketOf(state);
  const { required, transferred } = state.call?.needSince ?? {};
  if (!ticket) return { mails: [], waiting: required !== undefined || transferred !== undefined };
  if (ticket.erased) return { ticket, mails: [], waiting: false }; // what they would say is gone
  const before = startAfter === undefined ? 0 : openingsUpTo(facts, startAfter);
  const dueAt = dueAtOf(state, facts.ofCall, waitMs);
  const records = mailRecords(facts.ofTicket);
  const openings = Array.from({ length: ticket.openings - before }, (_, i) => before + i + 1);
  const mails = openings.map((opening): DueMail => {
    const record = records.get(opening) ?? {};
    return { opening, record, ...(dueAt !== undefined && { dueAt }) };
  });
  return { ticket, mails, waiting: dueAt === undefined && mails.length > 0 };
}

const fold = (facts: readonly Fact[]): TicketState => facts.reduce(orUnreadable(reduceTicket), {});

const openingsUpTo = ({ ofCall, ofTicket }: TicketFacts, position: bigint): number =>
  ticketOf(fold([...ofCall, ...ofTicket].filter((fact) => fact.position <= position)))?.openings ?? 0;

/** When the call is analysed; for a transferred call at the latest some time after its end. */
function dueAtOf({ call }: TicketState, ofCall: readonly Fact[], waitMs: number): number | undefined {
  if (!call?.ended) return undefined;
  const recordedAt = Date.parse(ofCall.find(({ type }) => type === 'CallEnded' || type === 'CallAnalyzed')!.recordedAt);
  if (call.analysed) return recordedAt;
  if (!call.transferred) return undefined;
  // A vendor's clock that is ahead must not hold a mail back.
  const endedAt = Math.min(recordedAt, Date.parse(latestValue(call.known, 'endedAt') ?? '') || recordedAt);
  return endedAt + waitMs;
}

/** A mail that is still to be sent, now or later. */
export const isOpen = (mail: DueMail): mail is DueMail & { readonly dueAt: number } =>
  mail.dueAt !== undefined && mail.record.settled === undefined;

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
