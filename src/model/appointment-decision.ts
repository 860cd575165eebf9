import { analysisFields, type FieldReader } from './analysis-fields.ts';
import { type CallFact, isActedOn } from './call-fact.ts';
import { isoInstant } from './instant.ts';
import { instantOfLocal } from './time.ts';
import { trimmed } from './words.ts';

/** The new time that a call names: its words, and the instant where they leave no doubt. */
export type NewTime = { readonly text: string; readonly startsAt?: string };

// docs/outcomes.md, "Appointments": the first that says something.
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

/** What a call says of its new time in prose; it never replaces a time. */
export function newTimeInProse(fact: CallFact): string | undefined {
  return isActedOn(fact) ? texts(analysisFields(fact), textField)[0] : undefined;
}

export function cancellationReasonOf(fact: CallFact): string | undefined {
  if (!isActedOn(fact)) return undefined;
  const field = analysisFields(fact);
  return reasonFields.flatMap((name) => texts(field, name))[0];
}

const texts = (field: FieldReader, name: string): string[] =>
  field(name)
    .filter((value) => typeof value !== 'boolean')
    .map((value) => trimmed(String(value)));

const ISO = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)? ?(Z|[+-]\d\d(?::?\d\d)?)?$/i;

/** The instant of an ISO date and time; without an offset it is local to the zone. Undefined for anything else. */
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
