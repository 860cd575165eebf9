import type { CallEvent } from '../events/call-facts.ts';
import type { Fact } from '../events/codec.ts';
import { type Erasure, isErasedType } from '../events/erasure-facts.ts';
import { parseStream } from '../events/streams.ts';
import {
  type MailObstacle,
  type Qualification,
  type TicketEvent,
  type TicketStatus,
  ticketIdOf,
} from '../events/ticket-facts.ts';
import { strongest } from './call.ts';
import type { Direction } from './call-fact.ts';
import { customerOfCall } from './customer.ts';
import { type Entries, type Entry, entriesOf, isBefore, type Position, withEntry } from './entries.ts';
import { latestValue, occurredAt } from './latest.ts';
import type { Outcome } from './outcome.ts';
import type { mailReasons, ticketReasons } from './reasons.ts';
import { directionOf, type NeedSince, reduceTicketCall, strongestNeed, type TicketCall } from './ticket-call.ts';

/** One entry of staff or the mail. */
type TicketEntry = TicketEvent & Entry & { readonly occurredAt: number };

/** The state of a ticket's own stream. */
export type TicketLog = {
  readonly tenantId: string;
  readonly ticketId: string;
  readonly erased?: Erasure;
  readonly entries?: Entries<TicketEntry>;
};

export function reduceTicketLog(before: TicketLog | undefined, fact: Fact<TicketEvent>): TicketLog {
  const log: TicketLog = before ?? {
    tenantId: fact.metadata.tenantId,
    ticketId: parseStream(fact.stream)?.id ?? fact.stream,
  };
  // These coordinate processes; a ticket shows only the result.
  if (fact.type === 'TicketMailClaimed' || fact.type === 'TicketMailPartlySent') return log;
  const { id, position, type, data } = fact;
  const entry = { type, data, id, position: `${position}`, occurredAt: occurredAt(fact) } as TicketEntry;
  return { ...log, entries: withEntry(log.entries, entry) };
}

export const mailStates = ['none', 'queued', 'sent', 'failed', 'not_sent'] as const;

/** The state of the mail for the latest opening (docs/mail.md). */
type MailState =
  | { readonly mail: 'none' | 'queued' | 'sent' | 'failed' }
  | { readonly mail: 'sent'; readonly mailReason: 'recipients_refused' }
  | { readonly mail: 'not_sent'; readonly mailReason: MailObstacle | 'erased' };
type MailReason = keyof typeof mailReasons;

/** Sent is final; otherwise the last entry counts, since a redrive may follow. */
function mailOf(openings: number, entries: readonly TicketEntry[]): MailState {
  if (openings === 0) return { mail: 'none' };
  let state: MailState = { mail: 'queued' };
  for (const entry of entries) if (state.mail !== 'sent') state = mailStateAfter(entry, openings) ?? state;
  return state;
}

/** What it would have said is gone. */
function mailOfErased(openings: number, entries: readonly TicketEntry[]): MailState {
  const state = mailOf(openings, entries);
  return state.mail === 'none' || state.mail === 'sent' ? state : { mail: 'not_sent', mailReason: 'erased' };
}

function mailStateAfter(entry: TicketEntry, opening: number): MailState | undefined {
  switch (entry.type) {
    case 'TicketStatusSet':
    case 'TicketMailClaimed':
    case 'TicketMailPartlySent':
      return undefined;
    case 'TicketMailRedriven':
      return entry.data.opening === opening ? { mail: 'queued' } : undefined;
    case 'TicketMailSent':
      if (entry.data.opening !== opening) return undefined;
      return entry.data.refused === undefined ? { mail: 'sent' } : { mail: 'sent', mailReason: 'recipients_refused' };
    case 'TicketMailFailed':
      return entry.data.opening === opening ? { mail: 'failed' } : undefined;
    case 'TicketMailNotSent':
      return entry.data.opening === opening ? { mail: 'not_sent', mailReason: entry.data.reason } : undefined;
  }
}

/** The status that staff set, if it still holds. */
type StaffOverride = {
  /** Absent: the rules decide. */
  readonly staff?: TicketStatus;
  /** How often the rules opened it; each opening is worth one mail (B8). */
  readonly openings: number;
};

type Moment = {
  readonly position: Position;
  readonly opens?: 'required' | 'transferred';
  readonly status?: TicketStatus;
};

/**
 * The status of staff holds until the need *rises* later in the log (B15). The first rise opens the ticket, and so does
 * each that overrides staff; a second cause for the same opening does not.
 */
function staffOverrideOf(since: NeedSince, entries: readonly TicketEntry[]): StaffOverride {
  const moments: Moment[] = entries.flatMap(({ type, data, position }) =>
    type === 'TicketStatusSet' ? [{ position, status: data.status }] : [],
  );
  for (const opens of ['required', 'transferred'] as const) {
    const position = since[opens];
    if (position !== undefined) moments.push({ position, opens });
  }
  moments.sort((a, b) => (isBefore(a.position, b.position) ? -1 : isBefore(b.position, a.position) ? 1 : 0));

  let staff: TicketStatus | undefined;
  let openings = 0;
  let transferred = false;
  for (const { status, opens } of moments) {
    if (status !== undefined) staff = status;
    if (opens === undefined || transferred) continue; // nothing is above transferred
    transferred = opens === 'transferred';
    if (openings === 0 || staff !== undefined) openings += 1;
    staff = undefined;
  }
  return { openings, ...(staff === undefined ? {} : { staff }) };
}

// docs/rules.md, "Tickets, customers, mail", as data.

type StatusReason = keyof typeof ticketReasons;

type TicketVerdict = { readonly status: TicketStatus; readonly statusReason: StatusReason };

/** The status of an inbound ticket after analysis when the need is unknown; a tenant may override it. */
const qualification: { readonly [K in keyof Qualification]-?: TicketStatus } = {
  qualified: 'qualified',
  successful: 'resolved',
  conversation: 'contacted',
  unanswered: 'new',
};

/** After any other outcome a conversation took place. */
const unanswered: ReadonlySet<Outcome | undefined> = new Set<Outcome>(['voicemail', 'no_answer', 'busy', 'failed']);

function statusByRule(call: TicketCall): TicketVerdict {
  switch (strongestNeed(call.needSince)) {
    case 'transferred':
      return { status: 'new', statusReason: 'transferred' };
    case 'required':
      return { status: 'new', statusReason: 'action_required' };
    case 'not_required':
      return { status: 'closed', statusReason: 'action_not_required' };
    case undefined:
      if (directionOf(call) === 'outbound') return { status: 'closed', statusReason: 'outbound_default' };
      if (!call.analysed) return { status: 'new', statusReason: call.ended ? 'analysis_missing' : 'in_progress' };
      return qualified(call);
  }
}

function qualified(call: TicketCall): TicketVerdict {
  const statusReason = qualificationOf(call);
  const theirs = latestValue(call.known, 'qualification')?.[statusReason];
  return { status: theirs ?? qualification[statusReason], statusReason };
}

function qualificationOf(call: TicketCall): keyof Qualification {
  if (call.qualified) return 'qualified';
  if (call.successful) return 'successful';
  return unanswered.has(strongest(call.supported)?.status) ? 'unanswered' : 'conversation';
}

/** The state of a ticket: the stream of its call and its own. One call has one ticket (B2). */
export type TicketState = { readonly call?: TicketCall | undefined; readonly log?: TicketLog | undefined };

/** A ticket as the API shows it (docs/rules.md, "API shapes"), without its session. */
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
  readonly mail: (typeof mailStates)[number];
  readonly mailReason?: MailReason;
  /** The number of openings; the mail names the latest. */
  readonly openings: number;
  readonly createdAt: string;
  readonly lastEventAt: string;
  readonly erased: boolean;
};

const active: ReadonlySet<TicketStatus> = new Set(['new', 'qualified', 'contacted']);

/** Whether something is left to be done. */
export const isActive = (status: TicketStatus): boolean => active.has(status);

/**
 * Adds a fact, with its whole text, of the call's stream or the ticket's: a join, independent of order, grouping and
 * repetition.
 */
export function reduceTicket({ call, log }: TicketState, fact: Fact): TicketState {
  if (isErasedType(fact.type)) return { call, log }; // what is left of the facts before it was read instead of them
  if (parseStream(fact.stream)?.category === 'ticket')
    return { call, log: reduceTicketLog(log, fact as Fact<TicketEvent>) };
  const next = reduceTicketCall(call, fact as Fact<CallEvent>);
  return { call: fact.erasure ? { ...next, erased: fact.erasure } : next, log };
}

/** Undefined: no fact of the call came to a ticket endpoint. */
export function ticketOf({ call, log }: TicketState): Ticket | undefined {
  if (!call?.opened) return undefined;
  const entries = entriesOf(log?.entries);
  const { staff, openings } = staffOverrideOf(call.needSince, entries);
  const verdict = staff ? ({ status: staff, statusReason: 'staff' } as const) : statusByRule(call);
  const customer = customerOfCall(call);
  const lastEventAt = entries.reduce((last, { occurredAt }) => Math.max(last, occurredAt), call.lastEventAt);
  return {
    id: ticketIdOf(call.callId),
    tenantId: call.tenantId,
    callId: call.callId,
    direction: directionOf(call),
    ...verdict,
    active: isActive(verdict.status),
    actionRequired: call.needSince.required !== undefined || (call.needSince.not_required === undefined ? null : false),
    transferred: call.transferred,
    ...(customer && { customerId: customer.id }),
    setBy: staff ? 'staff' : 'rule',
    ...(call.erased ? mailOfErased : mailOf)(openings, entries),
    openings,
    createdAt: call.opened.recordedAt,
    lastEventAt: new Date(lastEventAt).toISOString(),
    erased: call.erased !== undefined,
  };
}
