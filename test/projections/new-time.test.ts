import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AppointmentEvent } from '../../src/events/appointment-facts.ts';
import type { CallEvent, CallFacts } from '../../src/events/call-facts.ts';
import type { Fact } from '../../src/events/codec.ts';
import type { Json } from '../../src/events/json.ts';
import { appointmentOf, reduceStaff, type StaffState } from '../../src/model/appointment.ts';
import { type Decisions, decisionOf, decisions } from '../../src/model/appointment-decision.ts';
import { type CallState, reduceCall } from '../../src/model/call.ts';
import { entriesOf } from '../../src/model/entries.ts';
import { analyzed, ended, minute, recorded, registered, type Said, started } from './controls.ts';

// To which time a call moves its appointment, and when nobody can tell (docs/outcomes.md, "Appointments").

const known = { startsAt: '2026-12-10T19:30:00Z' };
const planned = registered(known);
const moved = { appointment_rescheduled: true };
const start = '2026-11-02T10:00:00.000Z';
const heard = { receivedAt: '2026-11-02T11:00:00.000Z' };
const run = (custom: Record<string, Json>, at = 0, claims: Partial<CallFacts> = { startedAt: start }) =>
  analyzed({ ...claims, personal: { custom } }, { ...heard, timeZone: 'America/New_York', occurredAt: minute(at) });

function appointmentAfter(facts: readonly Fact[]) {
  let staff: StaffState | undefined;
  let call: CallState<Decisions> | undefined;
  for (const fact of facts) {
    if (fact.stream.startsWith('appointment-')) staff = reduceStaff(staff, fact as Fact<AppointmentEvent>);
    else call = reduceCall(decisions, call, fact as Fact<CallEvent>);
  }
  const decision = call && decisionOf(call);
  return appointmentOf(decision ? [{ ...decision, sessionId: 'cs_1' }] : [], entriesOf(staff?.entries));
}
const appointment = (...said: readonly Said[]) => appointmentAfter(recorded(...said));
const review = (rescheduleText: string) => ({ ...known, rescheduleText, needsReview: true });

describe('a time before the call began is a slip of the tongue, and a person has to look', () => {
  test.each([
    '2024-12-10T14:30',
    '2023-10-05T10:00:00-04:00',
    '2026-11-01T14:30',
    '2026-11-02T04:59:59',
    '1970-01-01T00:00:00Z',
  ])('%s', (text) =>
    expect(appointment(planned, run({ ...moved, new_appointment_datetime: text }))).toMatchObject(review(text)),
  );
  test.each([
    ['2026-11-02T05:00', start],
    ['2026-11-02T05:30', '2026-11-02T10:30:00.000Z'],
    ['2026-12-24T09:00:00-05:00', '2026-12-24T14:00:00.000Z'],
  ])('%s is not', (text, startsAt) => {
    const it = appointment(planned, run({ ...moved, new_appointment_datetime: text }));
    expect(it).toMatchObject({ startsAt, needsReview: false });
    expect(it.rescheduleText).toBeUndefined();
  });

  test('whichever fact of the call tells when it began, and in whichever order they come', () => {
    const facts = recorded(
      planned,
      run({ ...moved, new_appointment_datetime: '2026-11-02T05:30' }, 0, {}),
      ended({ endedAt: '2026-11-02T10:40:00.000Z' }, heard),
      started({ startedAt: '2026-11-02T10:31:00.000Z' }, heard),
    );
    fc.assert(
      fc.property(fc.shuffledSubarray(facts, { minLength: 4 }), (shuffled) => {
        expect(appointmentAfter(shuffled)).toMatchObject(review('2026-11-02T05:30'));
      }),
    );
    expect(appointmentAfter(facts.slice(0, 3))).toMatchObject(review('2026-11-02T05:30')); // before its end
    expect(appointmentAfter(facts.slice(0, 2))).toMatchObject({ needsReview: false }); // heard of in January
  });
  test('nor is it an appointment’s when the call confirms it as well', () =>
    expect(
      appointment(planned, run({ ...moved, appointment_confirmed: true, new_datetime: '2024-01-01T10:00Z' })),
    ).toMatchObject({ status: 'confirmed', ...review('2024-01-01T10:00Z') }));
});

test.each([
  ['the year 10000 in UTC', '9999-12-31T23:30:00-05:00'],
  ['the same without an offset, west of Greenwich', '9999-12-31T23:30:00'],
  ['a year that is none', '0000-01-01T00:00:00Z'],
  ['the year before the first in UTC', '0001-01-01T00:00+14:00'],
  ['the first year', '0001-01-01T00:00:00Z'],
  ['a year of six digits', '+012026-12-11T10:00:00Z'],
  ['a year before Christ', '-002026-12-11T10:00:00Z'],
  ['the end of a day as its 24th hour', '2026-12-11T24:00:00Z'],
  ['a leap second', '2026-12-31T23:59:60Z'],
  ['an offset that no zone has', '2026-12-11T10:00:00+14:30'],
  ['an offset of too many minutes', '2026-12-11T10:00:00+01:75'],
  ['a day that is none', '2026-02-30T10:00:00Z'],
  ['a date alone', '2026-12-11'],
  ['a local date', '11.12.2026 10:00'],
  ['a time alone', '10:00'],
  ['prose', 'next Tuesday afternoon'],
  ['seconds since 1970', 1_796_983_200],
  ['milliseconds since 1970', '1796983200000'],
  ['nought', 0],
])('%s is words, not a time', (_, value) =>
  expect(appointment(planned, run({ ...moved, new_datetime: value }))).toMatchObject(review(`${value}`)),
);

test.each([
  ['2026-12-11T10:00+02', '2026-12-11T08:00:00.000Z'],
  ['2026-12-11 10:00:00 -0500', '2026-12-11T15:00:00.000Z'],
  ['2026-12-11t10:00:00.123456789z', '2026-12-11T10:00:00.000Z'],
  ['9999-12-31T18:59:59', '9999-12-31T23:59:59.000Z'],
])('%s is a time', (text, startsAt) =>
  expect(appointment(planned, run({ ...moved, new_datetime: text }))).toMatchObject({ startsAt, needsReview: false }),
);

describe('an analysis that is made again', () => {
  const first = run({ ...moved, new_appointment_datetime: '2026-12-11T14:30' });
  const theTime = { startsAt: '2026-12-11T19:30:00.000Z', needsReview: false };
  test.each(['N/A', 'unknown', '', ' - ', 'Not mentioned', '{{new_time}}', null])(
    'leaves a known time when it says %j',
    (nothing) =>
      expect(appointment(planned, first, run({ ...moved, new_appointment_datetime: nothing }, 1))).toMatchObject(
        theTime,
      ),
  );
  test('leaves a known time when it has the words for it alone', () =>
    expect(
      appointment(
        planned,
        first,
        run({ ...moved, new_appointment_datetime: 'N/A', new_appointment_details: 'the 11th' }, 1),
      ),
    ).toMatchObject(theTime));
  test('says another time, which counts', () =>
    expect(
      appointment(planned, first, run({ ...moved, new_appointment_datetime: '2026-12-12T14:30' }, 1)),
    ).toMatchObject({ startsAt: '2026-12-12T19:30:00.000Z' }));
  test.each(['Not mentioned', 'none', '', 'N/A.'])('leaves a known reason when it says %j', (nothing) => {
    const reason = (text: string, at: number) => run({ appointment_cancelled: true, cancellation_reason: text }, at);
    expect(appointment(reason('Moving away', 0), reason(nothing, 1)).cancellationReason).toBe('Moving away');
  });
});

test.each([
  [{ new_appointment_datetime: 'N/A', new_appointment_details: 'next Tuesday' }, 'next Tuesday'],
  [{ new_appointment_datetime: 'N/A', rescheduled_to: 'in spring', new_datetime: '-' }, 'in spring'],
  [{ new_appointment_date: '2026-12-11', new_appointment_time: 'unknown' }, '2026-12-11'],
  [{ new_appointment_date: '2026-12-11', new_appointment_time: '10 o’clock' }, '2026-12-11 10 o’clock'],
  [{ new_datetime: true, new_appointment_details: 'soon' }, 'soon'],
] as const)('what stands for nothing hides no other words: %j', (fields, text) =>
  expect(appointment(planned, run({ ...moved, ...fields }))).toMatchObject(review(text)),
);
