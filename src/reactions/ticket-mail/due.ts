import type { Fact } from '../../events/codec.ts';
import { latestValue } from '../../model/latest.ts';
import { reduceTicket, type Ticket, type TicketState, ticketOf } from '../../model/ticket.ts';
import { orUnreadable } from '../../projections/fold-stream.ts';
import { type MailRecord, mailRecords, type TicketFacts } from './mail-record.ts';

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
