import { cancellationReasonOf, type NewTime, newTimeInProse, newTimeOf } from '../../model/appointment-decision.ts';
import { type CallState, type Correlation, correlation, tookPlaceAt } from '../../model/call.ts';
import { type CallFact, isActedOn } from '../../model/call-fact.ts';
import { occurredAt, type Reading, told } from '../../model/latest.ts';
import { type Decisive, decisive } from '../../model/outcome.ts';
import { supportedBy } from '../../model/supported.ts';

/** What an appointment needs to know of a call. */
export type Decisions = Correlation & {
  readonly newTime: NewTime;
  readonly newTimeInProse: string;
  readonly cancellationReason: string;
  /** The occurrence of the latest fact that decides. */
  readonly decidedAt: number;
};

export const decisions: Reading<Decisions, CallFact> = (fact) => ({
  ...correlation(fact),
  newTime: newTimeOf(fact),
  newTimeInProse: newTimeInProse(fact),
  cancellationReason: cancellationReasonOf(fact),
  decidedAt: isActedOn(fact) && decides(supportedBy(fact)) ? occurredAt(fact) : undefined,
});

/** The strongest decisive outcome that is supported; undefined: the call decides nothing, so far. */
export const decides = (supported: CallState['supported']): Decisive | undefined =>
  decisive.find((outcome) => supported[outcome] !== undefined);

/** What a call decided of its appointment, and when it took place. */
export type CallDecision = {
  readonly at: number;
  readonly callId: string;
  readonly outcome: Decisive;
  /** It was said to be rescheduled as well, which the outcome outranks. */
  readonly contradicted: boolean;
  readonly newTime?: NewTime;
  readonly cancellationReason?: string;
  readonly lastEventAt: number;
};

/** Undefined for a call that decides nothing: it never touches its appointment. */
export function decisionOf(call: CallState<Decisions>): CallDecision | undefined {
  const outcome = decides(call.supported);
  if (!outcome) return undefined;
  const newTime = plausibleTime(call);
  const cancellationReason = told(call.known, 'cancellationReason');
  return {
    at: tookPlaceAt(call),
    callId: call.callId,
    outcome,
    contradicted: outcome === 'confirmed' && call.supported.rescheduled !== undefined,
    ...(newTime ? { newTime } : {}),
    ...(cancellationReason ? { cancellationReason } : {}),
    lastEventAt: told(call.known, 'decidedAt')!,
  };
}

/** Nobody moves an appointment to a time before the call in which it is moved: then the words stand for a person to read. */
function plausibleTime(call: CallState<Decisions>): NewTime | undefined {
  const newTime = told(call.known, 'newTime');
  if (newTime?.startsAt !== undefined && Date.parse(newTime.startsAt) >= tookPlaceAt(call)) return newTime;
  const text = newTime?.text ?? told(call.known, 'newTimeInProse');
  return text === undefined ? undefined : { text };
}
