import { type CallState, type Correlation, correlation, tookPlaceAt } from './call.ts';
import { analysisFields, type CallFact, isActedOn } from './call-fact.ts';
import { latestValue, occurredAt, type Reading } from './latest.ts';
import { type NewTime, newTimeInProse, newTimeOf, textsOf } from './new-time.ts';
import { type Decisive, decisive, supportedBy } from './outcome.ts';

const reasonFields = ['cancellation_reason', 'cancel_reason'] as const; // the first with a value counts

function cancellationReasonOf(fact: CallFact): string | undefined {
  if (!isActedOn(fact)) return undefined;
  const field = analysisFields(fact);
  return reasonFields.flatMap((name) => textsOf(field, name))[0];
}

/** The fields of a call that appointments need. */
export type Decisions = Correlation & {
  readonly newTime: NewTime;
  readonly newTimeInProse: string;
  readonly cancellationReason: string;
  /** When the latest deciding fact occurred. */
  readonly decidedAt: number;
};

export const decisions: Reading<Decisions, CallFact> = (fact) => ({
  ...correlation(fact),
  newTime: newTimeOf(fact),
  newTimeInProse: newTimeInProse(fact),
  cancellationReason: cancellationReasonOf(fact),
  decidedAt: isActedOn(fact) && decides(supportedBy(fact)) ? occurredAt(fact) : undefined,
});

/** The strongest decisive outcome that is supported; undefined while the call decides nothing. */
export const decides = (supported: CallState['supported']): Decisive | undefined =>
  decisive.find((outcome) => supported[outcome] !== undefined);

/** A decision of a call about its appointment, and when the call took place. */
export type CallDecision = {
  readonly at: number;
  readonly callId: string;
  readonly outcome: Decisive;
  /** The field of its analysis that says so. */
  readonly reason: string;
  /** The facts also say rescheduled, which confirmed outranks. */
  readonly contradicted: boolean;
  readonly newTime?: NewTime;
  readonly cancellationReason?: string;
  readonly lastEventAt: number;
};

/** Undefined for a call without a decision: it never touches its appointment. */
export function decisionOf(call: CallState<Decisions>): CallDecision | undefined {
  const outcome = decides(call.supported);
  if (!outcome) return undefined;
  const newTime = plausibleTime(call);
  const cancellationReason = latestValue(call.known, 'cancellationReason');
  return {
    at: tookPlaceAt(call),
    callId: call.callId,
    outcome,
    reason: call.supported[outcome]!,
    contradicted: outcome === 'confirmed' && call.supported.rescheduled !== undefined,
    ...(newTime ? { newTime } : {}),
    ...(cancellationReason ? { cancellationReason } : {}),
    lastEventAt: latestValue(call.known, 'decidedAt')!,
  };
}

/** A time before the call itself is implausible: then only the words are kept, for a person to read. */
function plausibleTime(call: CallState<Decisions>): NewTime | undefined {
  const newTime = latestValue(call.known, 'newTime');
  const { startsAt } = newTime ?? {};
  const isPlausible = startsAt !== undefined && Date.parse(startsAt) >= tookPlaceAt(call);
  if (call.erased) return isPlausible ? { startsAt } : undefined;
  if (newTime && isPlausible) return newTime;
  const text = newTime?.text ?? latestValue(call.known, 'newTimeInProse');
  return text === undefined ? undefined : { text };
}
