import { analysisFields, type CallFact, type FieldReader, isActedOn } from './call-fact.ts';
import { instantOfLocal, isoInstant } from './time.ts';
import { trimmed } from './words.ts';

/** A new time in the words of a call, and as an instant where they are unambiguous. Of an erased call without words. */
export type NewTime = { readonly text?: string; readonly startsAt?: string };

// docs/outcomes.md, "Appointments": the first with a value counts.
const timeFields = ['new_appointment_datetime', 'rescheduled_to', 'new_datetime'] as const;
const dateField = 'new_appointment_date';
const timeField = 'new_appointment_time';
const textField = 'new_appointment_details';

export function newTimeOf(fact: CallFact): NewTime | undefined {
  if (!isActedOn(fact)) return undefined;
  const field = analysisFields(fact);
  const times = timeFields.flatMap((name) => textsOf(field, name));
  const pair = [...textsOf(field, dateField).slice(0, 1), ...textsOf(field, timeField).slice(0, 1)].join(' ');
  if (pair !== '') times.push(pair);
  const timeZone = fact.metadata.timeZone ?? 'UTC';
  for (const text of times) {
    const startsAt = isoInstant(instantOf(text, timeZone) ?? Number.NaN);
    if (startsAt !== undefined) return { text, startsAt };
  }
  return times[0] === undefined ? undefined : { text: times[0] };
}

/** A new time in prose; it never replaces a time. */
export function newTimeInProse(fact: CallFact): string | undefined {
  return isActedOn(fact) ? textsOf(analysisFields(fact), textField)[0] : undefined;
}

/** What a field says in words or numbers. */
export const textsOf = (field: FieldReader, name: string): string[] =>
  field(name)
    .filter((value) => typeof value !== 'boolean')
    .map((value) => trimmed(String(value)));

const ISO = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)? ?(Z|[+-]\d\d(?::?\d\d)?)?$/i;

/** The instant of an ISO date and time, local to the zone if it has no offset. Undefined for anything else. */
function instantOf(text: string, timeZone: string): number | undefined {
  const match = ISO.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second = '00', _fraction, offset] = match;
  const written = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const asUtc = Date.parse(`${written}Z`);
  // 30 February is carried over into March.
  if (Number.isNaN(asUtc) || !new Date(asUtc).toISOString().startsWith(written)) return undefined;
  if (offset === undefined) return instantOfLocal(asUtc, timeZone);
  if (offset.toUpperCase() === 'Z') return asUtc;
  const digits = offset.slice(1).replace(':', '');
  const hours = Number(digits.slice(0, 2));
  const minutes = Number(digits.slice(2) || 0);
  const ahead = hours * 60 + minutes;
  if (minutes > 59 || ahead > 14 * 60) return undefined; // no zone is further from UTC
  return asUtc - (offset[0] === '-' ? -1 : 1) * ahead * 60_000;
}
