import type { Fact } from '../../events/codec.ts';
import type { EventLog } from '../../events/event-log.ts';
import { callIdOfTicket } from '../../events/ticket-facts.ts';
import { latestValue } from '../../model/latest.ts';
import { reduceTicket, type Ticket, type TicketState, ticketOf } from '../../model/ticket.ts';
import { orUnreadable } from '../../projections/fold-stream.ts';
import { beginning } from '../reaction.ts';
import { appendMailFact, type MailRecord, mailRecords, readTicketFacts, type TicketFacts } from './mail-record.ts';

/** What is to be done about the mail for one opening of a ticket (docs/rules.md, "Tickets, customers, mail"). */
type Duty = {
  readonly opening: number;
  readonly record: MailRecord;
  /** When it is due, in milliseconds; absent: not before more is known of the call. */
  readonly dueAt?: number;
};

type Duties = {
  readonly ticket?: Ticket;
  readonly of: readonly Duty[];
  /** Somebody is needed, but a fact that is still to come decides when the mail goes, or whether there is a ticket. */
  readonly waiting: boolean;
};

export type DutyOptions = {
  /** Where in the log the reaction began: openings up to there are none of its own. Undefined: before the first event. */
  readonly begunAfter: bigint | undefined;
  /** How long a transferred call's mail waits for an analysis after the call's end. */
  readonly waitMs: number;
};

export function dutiesOf(facts: TicketFacts, { begunAfter, waitMs }: DutyOptions): Duties {
  const state = fold([...facts.ofCall, ...facts.ofTicket]);
  const ticket = ticketOf(state);
  const { required, transferred } = state.call?.needSince ?? {};
  if (!ticket) return { of: [], waiting: required !== undefined || transferred !== undefined };
  const before = begunAfter === undefined ? 0 : openingsUpTo(facts, begunAfter);
  const dueAt = dueAtOf(state, facts.ofCall, waitMs);
  const records = mailRecords(facts.ofTicket);
  const openings = Array.from({ length: ticket.openings - before }, (_, i) => before + i + 1);
  const of = openings.map((opening): Duty => {
    const record = records.get(opening) ?? {};
    return { opening, record, ...(dueAt !== undefined && { dueAt }) };
  });
  return { ticket, of, waiting: dueAt === undefined && of.length > 0 };
}

const fold = (facts: readonly Fact[]): TicketState => facts.reduce(orUnreadable(reduceTicket), {});

const openingsUpTo = ({ ofCall, ofTicket }: TicketFacts, position: bigint): number =>
  ticketOf(fold([...ofCall, ...ofTicket].filter((fact) => fact.position <= position)))?.openings ?? 0;

/** Not before the end of the call; then with the analysis, which only a transfer does not wait for without end. */
function dueAtOf({ call }: TicketState, ofCall: readonly Fact[], waitMs: number): number | undefined {
  if (!call?.ended) return undefined;
  const toldAt = Date.parse(ofCall.find(({ type }) => type === 'CallEnded' || type === 'CallAnalyzed')!.recordedAt);
  if (call.analysed) return toldAt;
  if (!call.transferred) return undefined;
  // A vendor's clock that is ahead must not hold a mail back.
  const endedAt = Math.min(toldAt, Date.parse(latestValue(call.known, 'endedAt') ?? '') || toldAt);
  return endedAt + waitMs;
}

/** A mail that is still to be sent, now or later. */
export const isOpen = (duty: Duty): duty is Duty & { readonly dueAt: number } =>
  duty.dueAt !== undefined && duty.record.settled === undefined;

type Redriven = 'redriven' | 'unknown_ticket' | 'nothing_to_send' | 'already_sent';

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
