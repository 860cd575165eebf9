import type { AppointmentEvent } from '../events/appointment-facts.ts';
import type { CallEvent } from '../events/call-facts.ts';
import type { Fact } from '../events/codec.ts';
import { keptFacts } from '../events/erased.ts';
import { type ErasureEvent, isErasedType } from '../events/erasure-facts.ts';
import type { SessionEvent } from '../events/session-facts.ts';
import { type Category, parseStream, prefixOf } from '../events/streams.ts';
import type { TicketEvent } from '../events/ticket-facts.ts';
import { reduceStaff, type StaffState } from './appointment.ts';
import { type Decisions, decisions } from './appointment-decision.ts';
import {
  type CallOutcomes,
  type CallState,
  type Description,
  description,
  reduceCall,
  unknownCall,
  withReached,
} from './call.ts';
import type { CallFact } from './call-fact.ts';
import { withText } from './entries.ts';
import type { Reading } from './latest.ts';
import { type RequestState, reduceRequest, unknownSession } from './session.ts';
import { reduceTicketLog, type TicketLog } from './ticket.ts';
import { initialParts, type TicketFields, type TicketParts, ticketFields, withTicketParts } from './ticket-call.ts';

export type CallFields = Description & Decisions & TicketFields;

/** The state of a call that the views need. */
export type WholeCall = CallState<CallFields> & TicketParts & Pick<CallOutcomes, 'reached'>;

const fields: Reading<CallFields, CallFact> = (fact) => ({
  ...description(fact),
  ...decisions(fact),
  ...ticketFields(fact),
});

/** The state after the next fact of the call's stream. */
export const reduceWholeCall = (before: WholeCall | undefined, fact: Fact<CallEvent>): WholeCall =>
  withReached(before?.reached, withTicketParts(before, reduceCall(fields, before, fact), fact), fact);

/** The state of a stream: of a call, a request, an appointment, or a ticket. */
export type StreamState = WholeCall | RequestState | StaffState | TicketLog;

const categories = ['call', 'session', 'appointment', 'ticket'] as const satisfies readonly Category[];

/** The prefixes of the streams that are folded. */
export const prefixes = categories.map(prefixOf);

/**
 * The state of a stream after one more of its facts. An erasure begins it anew, from what is left, so that it is the same
 * whether or not the store still has what was erased.
 */
export function reduceStream(before: StreamState | undefined, fact: Fact): StreamState {
  if (isErasedType(fact.type)) return stateAfterErasure(before, fact as Fact<ErasureEvent>);
  const state = reduced(before, fact);
  return fact.erasure && !state.erased ? { ...state, erased: fact.erasure } : state;
}

function stateAfterErasure(before: StreamState | undefined, fact: Fact<ErasureEvent>): StreamState {
  const { erasure, part = 0 } = fact.data;
  const state = keptFacts(fact).reduce(reduced, part > 0 ? before : undefined) ?? nothingKnown(fact);
  // It is one more fact, with which nothing has happened in the call.
  return { ...state, ...('facts' in state && { facts: withText(state.facts, fact.id) }), erased: erasure };
}

/** Of a stream that had no event, or none that could be read. */
function nothingKnown(fact: Fact): StreamState {
  const { tenantId } = fact.metadata;
  const { category, id } = parseStream(fact.stream) as { category: (typeof categories)[number]; id: string };
  switch (category) {
    case 'call':
      return { ...initialParts, ...unknownCall<CallFields>(fact), reached: [] };
    case 'session':
      return unknownSession(fact);
    case 'appointment':
      return { tenantId, appointmentId: id };
    case 'ticket':
      return { tenantId, ticketId: id };
  }
}

function reduced(before: StreamState | undefined, fact: Fact): StreamState {
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
