import type { AppointmentEvent } from '../../events/appointment-facts.ts';
import type { CallEvent } from '../../events/call-facts.ts';
import type { Fact } from '../../events/codec.ts';
import type { SessionEvent } from '../../events/session-facts.ts';
import { type Category, parseStream, prefixOf } from '../../events/streams.ts';
import type { TicketEvent } from '../../events/ticket-facts.ts';
import { reduceStaff, type StaffState } from '../appointments/staff-state.ts';
import { reduceTicketLog, type TicketLog } from '../tickets/ticket-log.ts';
import { type RequestState, reduceRequest } from './request-state.ts';
import { reduceWholeCall, type WholeCall } from './whole-call.ts';

/** What the facts of one stream come to: a call, a request for one, what staff say of an appointment, a ticket's log. */
export type StreamState = WholeCall | RequestState | StaffState | TicketLog;

const categories = ['call', 'session', 'appointment', 'ticket'] as const satisfies readonly Category[];

/** Of the streams that are folded. */
export const prefixes = categories.map(prefixOf);

/** The state of a stream after one more of its facts. */
export function reduceStream(before: StreamState | undefined, fact: Fact): StreamState {
  switch (parseStream(fact.stream)?.category as (typeof categories)[number]) {
    case 'call':
      return reduceWholeCall(before as WholeCall | undefined, fact as Fact<CallEvent>);
    case 'session':
      return reduceRequest(before as RequestState | undefined, fact as Fact<SessionEvent>);
    case 'appointment':
      return reduceStaff(before as StaffState | undefined, fact as Fact<AppointmentEvent>);
    case 'ticket':
      return reduceTicketLog(before as TicketLog | undefined, fact as Fact<TicketEvent>);
  }
}
