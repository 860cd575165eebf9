import type { CallEvent } from '../../events/call-facts.ts';
import type { Fact } from '../../events/codec.ts';
import type { Outcome } from '../../model/outcome.ts';
import { type CallState, type Correlation, correlation, reduceCall } from '../calls/call-state.ts';
import { statusOf } from '../calls/call-status.ts';
import type { Position } from '../calls/position.ts';

/** What a call had come to at a position of the log, as far as its own facts tell and were there no appointment. */
export type Reached = { readonly position: Position; readonly outcome: Outcome };

/**
 * A call and the outcomes that it has reached, one after the other. They only rise, so they are few. Unlike all else
 * that is kept of a call they are a matter of the order of the log: the live feed tells what was known when.
 */
export type CallOutcomes = CallState<Correlation> & { readonly reached: readonly Reached[] };

/** The state after the next fact of the call's stream. */
export function reduceCallOutcomes(before: CallOutcomes | undefined, fact: Fact<CallEvent>): CallOutcomes {
  const call = reduceCall(correlation, before, fact);
  const reached = before?.reached ?? [];
  const last = reached.at(-1)?.outcome ?? 'pending';
  const { status } = statusOf(call, false);
  if (status === last) return { ...call, reached };
  return { ...call, reached: [...reached, { position: `${fact.position}`, outcome: status }] };
}
