import type { Qualification, TicketStatus } from '../../events/ticket-facts.ts';
import { told } from '../../model/latest.ts';
import type { Outcome } from '../../model/outcome.ts';
import { directionOf, type TicketCall } from '../../model/ticket-call.ts';
import { strongest } from '../calls/call-status.ts';
import { strongestNeed } from './need.ts';

// docs/rules.md, "Tickets, customers, mail", as data.

/** Why a ticket has its status. */
export const statusReasons = [
  'transferred',
  'action_required',
  'action_not_required',
  'qualified',
  'successful',
  'conversation',
  'unanswered',
  'in_progress',
  'analysis_missing',
  'outbound_default',
  'staff',
] as const;
export type StatusReason = (typeof statusReasons)[number];

export type TicketVerdict = { readonly status: TicketStatus; readonly statusReason: StatusReason };

/** What an inbound ticket becomes once its call is analysed and nobody knows the need; a tenant may say otherwise. */
const qualification: { readonly [K in keyof Qualification]-?: TicketStatus } = {
  qualified: 'qualified',
  successful: 'resolved',
  conversation: 'contacted',
  unanswered: 'new',
};

/** After any other outcome a conversation took place. */
const unanswered: ReadonlySet<Outcome | undefined> = new Set<Outcome>(['voicemail', 'no_answer', 'busy', 'failed']);

export function statusByRule(call: TicketCall): TicketVerdict {
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
  const theirs = told(call.known, 'qualification')?.[statusReason];
  return { status: theirs ?? qualification[statusReason], statusReason };
}

function qualificationOf(call: TicketCall): keyof Qualification {
  if (call.qualified) return 'qualified';
  if (call.successful) return 'successful';
  return unanswered.has(strongest(call.supported)?.status) ? 'unanswered' : 'conversation';
}
