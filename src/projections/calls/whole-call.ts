import type { CallEvent } from '../../events/call-facts.ts';
import type { Fact } from '../../events/codec.ts';
import type { CallFact } from '../../model/call-fact.ts';
import { type Decisions, decisions } from '../appointments/decision.ts';
import { type Description, description } from '../call-sessions/description.ts';
import { type CallOutcomes, withReached } from '../outcome-changes/reached.ts';
import { type TicketFields, type TicketParts, ticketFields, withTicketParts } from '../tickets/ticket-call.ts';
import { type CallState, reduceCall } from './call-state.ts';
import type { Reading } from './latest.ts';

export type CallFields = Description & Decisions & TicketFields;

/** All that the views need to know of a call. */
export type WholeCall = CallState<CallFields> & TicketParts & Pick<CallOutcomes, 'reached'>;

const fields: Reading<CallFields, CallFact> = (fact) => ({
  ...description(fact),
  ...decisions(fact),
  ...ticketFields(fact),
});

/** The state after the next fact of the call's stream. */
export const reduceWholeCall = (before: WholeCall | undefined, fact: Fact<CallEvent>): WholeCall =>
  withReached(before?.reached, withTicketParts(before, reduceCall(fields, before, fact), fact), fact);
