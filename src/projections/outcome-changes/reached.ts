import type { Fact } from '../../events/codec.ts';
import type { CallState } from '../../model/call.ts';
import type { Outcome } from '../../model/outcome.ts';
import { statusOf } from '../calls/call-status.ts';
import { type Place, placeOf } from '../calls/position.ts';

/** What a call had come to at a position of the log, as far as its own facts tell and were there no appointment. */
export type Reached = Place & { readonly outcome: Outcome };

/** A call and the outcomes that it has reached, one after the other. */
export type CallOutcomes = CallState & { readonly reached: readonly Reached[] };

/**
 * With the next fact of the call's stream. Outcomes only rise, so they are few. Unlike all else that is kept of a call
 * they are a matter of the order of the log: the live feed tells what was known when.
 */
export function withReached<Call extends CallState>(
  reached: readonly Reached[] = [],
  call: Call,
  fact: Fact,
): Call & CallOutcomes {
  const { status } = statusOf(call, false);
  const isNews = status !== (reached.at(-1)?.outcome ?? 'pending');
  return { ...call, reached: isNews ? [...reached, { ...placeOf(fact), outcome: status }] : reached };
}
