import type { CallEvent } from '../events/call-facts.ts';
import type { Fact } from '../events/codec.ts';
import { parseStream } from '../events/streams.ts';
import { type TicketEvent, type TicketStatus, ticketIdOf } from '../events/ticket-facts.ts';
import { customerOfCall } from '../projections/customers/customer-of-call.ts';
import { type MailReason, mailOf } from '../projections/tickets/mail.ts';
import { standingOf } from '../projections/tickets/standing.ts';
import { type StatusReason, statusByRule } from '../projections/tickets/status-by-rule.ts';
import type { Direction } from '../projections/tickets/ticket-endpoint.ts';
import { reduceTicketLog, type TicketLog } from '../projections/tickets/ticket-log.ts';
import { entriesOf } from './entries.ts';
import { directionOf, reduceTicketCall, type TicketCall } from './ticket-call.ts';

/** All that a ticket rests on: the stream of its call and its own. One call has one ticket (B2). */
export type TicketState = { readonly call?: TicketCall | undefined; readonly log?: TicketLog | undefined };

/** A ticket as the API shows it (docs/rules.md, "API shapes"), but for its session. */
export type Ticket = {
  readonly id: string;
  readonly tenantId: string;
  readonly callId: string;
  readonly direction: Direction;
  readonly status: TicketStatus;
  readonly active: boolean;
  readonly actionRequired: boolean | null;
  readonly transferred: boolean;
  readonly customerId?: string;
  readonly statusReason: StatusReason;
  readonly setBy: 'rule' | 'staff';
  readonly mail: 'none' | 'queued' | 'sent' | 'failed' | 'not_sent';
  readonly mailReason?: MailReason;
  /** How often the rules have opened it: the number of the latest opening, which its mail names. */
  readonly openings: number;
  readonly createdAt: string;
  readonly lastEventAt: string;
};

const active: ReadonlySet<TicketStatus> = new Set(['new', 'qualified', 'contacted']);

/**
 * One more fact of the call's stream or the ticket's. A join: order, grouping and repetition cannot matter, since what
 * depends on the order of the log goes by position. A long `personal` must be whole: calls/personal-text.ts.
 */
export function reduceTicket({ call, log }: TicketState, fact: Fact): TicketState {
  return parseStream(fact.stream)?.category === 'ticket'
    ? { call, log: reduceTicketLog(log, fact as Fact<TicketEvent>) }
    : { call: reduceTicketCall(call, fact as Fact<CallEvent>), log };
}

/** Undefined: no fact of the call has come to a ticket endpoint, so it has no ticket. */
export function ticketOf({ call, log }: TicketState): Ticket | undefined {
  if (!call?.opened) return undefined;
  const entries = entriesOf(log?.entries);
  const { staff, openings } = standingOf(call.needSince, entries);
  const verdict = staff ? ({ status: staff, statusReason: 'staff' } as const) : statusByRule(call);
  const customer = customerOfCall(call);
  const lastEventAt = entries.reduce((last, { occurredAt }) => Math.max(last, occurredAt), call.lastEventAt);
  return {
    id: ticketIdOf(call.callId),
    tenantId: call.tenantId,
    callId: call.callId,
    direction: directionOf(call),
    ...verdict,
    active: active.has(verdict.status),
    actionRequired: call.needSince.required !== undefined || (call.needSince.not_required === undefined ? null : false),
    transferred: call.transferred,
    ...(customer && { customerId: customer.id }),
    setBy: staff ? 'staff' : 'rule',
    ...mailOf(openings, entries),
    openings,
    createdAt: call.opened.recordedAt,
    lastEventAt: new Date(lastEventAt).toISOString(),
  };
}
