import { type CallState, type Correlation, correlation, tookPlaceAt } from './call.ts';
import { analysisFields, type CallFact, type FieldReader, isActedOn } from './call-fact.ts';
import { latestValue, occurredAt, type Reading } from './latest.ts';
import { type Decisive, decisive, supportedBy } from './outcome.ts';
import { instantOfLocal, isoInstant } from './time.ts';
import { trimmed } from './words.ts';

/** A new time in the words of a call, and as an instant where they are unambiguous. Of an erased call without words. */
type NewTime = { readonly text?: string; readonly startsAt?: string };

// docs/outcomes.md, "Appointments": the first with a value counts.
const timeFields = ['new_appointment_datetime', 'rescheduled_to', 'new_datetime'] as const;
const dateField = 'new_appointment_date';
const timeField = 'new_appointment_time';
const textField = 'new_appointment_details';
const reasonFields = ['cancellation_reason', 'cancel_reason'] as const;

export function newTimeOf(fact: CallFact): NewTime | undefined {
  if (!isActedOn(fact)) return undefined;
  const field = analysisFields(fact);
  const times = timeFields.flatMap((name) => texts(field, name));
  const pair = [...texts(field, dateField).slice(0, 1), ...texts(field, timeField).slice(0, 1)].join(' ');
  if (pair !== '') times.push(pair);
  const timeZone = fact.metadata.timeZone ?? 'UTC';
  for (const text of times) {
    const startsAt = isoInstant(instantOf(text, timeZone) ?? Number.NaN);
    if (startsAt !== undefined) return { text, startsAt };
  }
  return times[0] === undefined ? undefined : { text: times[0] };
}

/** A new time in prose; it never replaces a time. */
function newTimeInProse(fact: CallFact): string | undefined {
  return isActedOn(fact) ? texts(analysisFields(fact), textField)[0] : undefined;
}

function cancellationReasonOf(fact: CallFact): string | undefined {
  if (!isActedOn(fact)) return undefined;
  const field = analysisFields(fact);
  return reasonFields.flatMap((name) => texts(field, name))[0];
}

const texts = (field: FieldReader, name: string): string[] =>
  field(name)
    .filter((value) => typeof value !== 'boolean')
    .map((value) => trimmed(String(value)));

const ISO = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)? ?(Z|[+-]\d\d(?::?\d\d)?)?$/i;

/** The instant of an ISO date and time, local to the zone if it has no offset. Undefined for anything else. */
function instantOf(text: string, timeZone: string): number | undefined {
  const match = ISO.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((digits) => Number(digits ?? 0));
  const asUtc = Date.UTC(year!, month! - 1, day, hour, minute, second);
  const shown = new Date(asUtc);
  // Date.UTC carries 30 February over into March, and reads the years below 100 as 19xx.
  const exists =
    shown.getUTCFullYear() === year &&
    shown.getUTCMonth() + 1 === month &&
    shown.getUTCDate() === day &&
    shown.getUTCHours() === hour &&
    shown.getUTCMinutes() === minute &&
    shown.getUTCSeconds() === second;
  if (!exists) return undefined;
  const offset = match[8];
  if (offset === undefined) return instantOfLocal(asUtc, timeZone);
  if (offset.toUpperCase() === 'Z') return asUtc;
  const digits = offset.slice(1).replace(':', '');
  const hours = Number(digits.slice(0, 2));
  const minutes = Number(digits.slice(2) || 0);
  const ahead = hours * 60 + minutes;
  if (minutes > 59 || ahead > 14 * 60) return undefined; // no zone is further from UTC
  return asUtc - (offset[0] === '-' ? -1 : 1) * ahead * 60_000;
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
