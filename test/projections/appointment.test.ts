import { describe, expect, test } from 'vitest';
import type { AppointmentEvent } from '../../src/events/appointment-facts.ts';
import type { CallEvent } from '../../src/events/call-facts.ts';
import type { Fact } from '../../src/events/codec.ts';
import type { Json } from '../../src/events/json.ts';
import { type Appointment, appointmentOf, reduceStaff, type StaffState } from '../../src/model/appointment.ts';
import { type Decisions, decisionOf, decisions } from '../../src/model/appointment-decision.ts';
import { type CallState, reduceCall } from '../../src/model/call.ts';
import { entriesOf } from '../../src/model/entries.ts';
import { analyzed, changed, ended, minute, recorded, registered, type Said, started } from './controls.ts';

/** The appointment that all of these are about. */
function appointment(...said: readonly Said[]): Appointment {
  const calls = new Map<string, CallState<Decisions>>();
  let staff: StaffState | undefined;
  for (const fact of recorded(...said)) {
    if (fact.stream.startsWith('appointment-')) staff = reduceStaff(staff, fact as Fact<AppointmentEvent>);
    else calls.set(fact.stream, reduceCall(decisions, calls.get(fact.stream), fact as Fact<CallEvent>));
  }
  return appointmentOf(
    [...calls.values()].map(decisionOf).flatMap((made) => (made ? [{ ...made, sessionId: 'cs_1' }] : [])),
    entriesOf(staff?.entries),
  );
}

const call = (fields: Record<string, Json>, at = minute(0), callId = 'call_1', timeZone = 'Europe/Berlin') =>
  analyzed({ startedAt: at, personal: { custom: fields } }, { timeZone }, callId);
const moved = { appointment_rescheduled: true };
const planned = registered({ startsAt: '2026-02-01T09:00:00Z' });
const unmoved = { startsAt: '2026-02-01T09:00:00Z' };

describe('what becomes of an appointment', () => {
  test.each<[string, Said[], Partial<Appointment>]>([
    ['registered', [planned], { status: 'scheduled', needsReview: false, ...unmoved }],
    [
      'confirmed by a call',
      [planned, call({ appointment_confirmed: true }, minute(9))],
      { status: 'confirmed', decidedByCallId: 'call_1', ...unmoved },
    ],
    [
      'cancelled with a reason',
      [planned, call({ appointment_cancelled: true, cancellation_reason: ' ill ' }, minute(9))],
      { status: 'cancelled', cancellationReason: 'ill', needsReview: false },
    ],
    [
      'cancelled with the other field',
      [call({ outcome: 'canceled', cancel_reason: 'ill' })],
      { cancellationReason: 'ill' },
    ],
    [
      'moved, with an offset',
      [call({ ...moved, new_appointment_datetime: '2026-03-01T10:00:00+01:00' })],
      { status: 'rescheduled', startsAt: '2026-03-01T09:00:00.000Z', needsReview: false },
    ],
    [
      'moved, in Zulu time',
      [call({ ...moved, rescheduled_to: '2026-03-01T10:00Z' })],
      { startsAt: '2026-03-01T10:00:00.000Z' },
    ],
    [
      "moved, in the tenant's winter",
      [call({ ...moved, new_datetime: '2026-01-15T10:00:00' })],
      { startsAt: '2026-01-15T09:00:00.000Z' },
    ],
    [
      "moved, in the tenant's summer",
      [call({ ...moved, new_datetime: '2026-07-15 10:00' })],
      { startsAt: '2026-07-15T08:00:00.000Z' },
    ],
    [
      'moved, to the day before the clocks change',
      [call({ ...moved, new_datetime: '2026-03-28T12:00' })],
      { startsAt: '2026-03-28T11:00:00.000Z' },
    ],
    [
      'moved, to the day after',
      [call({ ...moved, new_datetime: '2026-03-29T12:00' })],
      { startsAt: '2026-03-29T10:00:00.000Z' },
    ],
    [
      'moved, date and time apart',
      [call({ ...moved, new_appointment_date: '2026-07-15', new_appointment_time: '10:00' })],
      { startsAt: '2026-07-15T08:00:00.000Z' },
    ],
    [
      'moved, name of the field in any case',
      [call({ ...moved, ' New_DateTime': '2026-07-15T10:00Z' })],
      { startsAt: '2026-07-15T10:00:00.000Z' },
    ],
    [
      'moved to a time that is skipped',
      [planned, call({ ...moved, new_datetime: '2026-03-29T02:30' }, minute(9))],
      { needsReview: true, rescheduleText: '2026-03-29T02:30', ...unmoved },
    ],
    [
      'moved to a time that comes twice',
      [planned, call({ ...moved, new_datetime: '2026-10-25T02:30' }, minute(9))],
      { needsReview: true, ...unmoved },
    ],
    [
      'moved to a day that is none',
      [planned, call({ ...moved, new_datetime: '2026-02-30T10:00Z' }, minute(9))],
      { needsReview: true, rescheduleText: '2026-02-30T10:00Z', ...unmoved },
    ],
    [
      'moved to a time alone',
      [planned, call({ ...moved, new_appointment_time: '10:00' }, minute(9))],
      { needsReview: true, rescheduleText: '10:00', ...unmoved },
    ],
    [
      'moved to a local date',
      [planned, call({ ...moved, new_appointment_date: '01/03/2026', new_appointment_time: '10:00' }, minute(9))],
      { needsReview: true, rescheduleText: '01/03/2026 10:00', ...unmoved },
    ],
    [
      'moved in prose',
      [planned, call({ ...moved, new_appointment_details: 'next Tuesday' }, minute(9))],
      { needsReview: true, rescheduleText: 'next Tuesday', ...unmoved },
    ],
    [
      'moved to nobody knows when',
      [planned, call({ ...moved, new_datetime: null }, minute(9))],
      { status: 'rescheduled', needsReview: true, rescheduleText: undefined, ...unmoved },
    ],
    [
      'moved in a zone that does not exist',
      [call({ ...moved, new_datetime: '2026-07-15T10:00' }, minute(0), 'call_1', 'Mars/Olympus')],
      { needsReview: true, rescheduleText: '2026-07-15T10:00' },
    ],
    [
      'confirmed and moved in one call',
      [planned, call({ appointment_confirmed: true, ...moved, new_datetime: '2026-07-15T10:00Z' }, minute(9))],
      { status: 'confirmed', needsReview: true, rescheduleText: '2026-07-15T10:00Z', ...unmoved },
    ],
    [
      'confirmed in one fact, moved in another',
      [call({ appointment_confirmed: true }), ended({ personal: { custom: moved } })],
      { status: 'confirmed', needsReview: true },
    ],
    [
      'moved to two times by two facts: the later counts',
      [
        analyzed({ personal: { custom: { ...moved, new_datetime: '2026-07-15T10:00Z' } } }, { occurredAt: minute(9) }),
        ended({ personal: { custom: { new_datetime: '2026-07-16T10:00Z' } } }, { occurredAt: minute(8) }),
      ],
      { startsAt: '2026-07-15T10:00:00.000Z' },
    ],
    [
      'moved, then confirmed by a later call',
      [
        call({ appointment_confirmed: true }, minute(5), 'call_2'),
        call({ ...moved, new_datetime: '2026-07-15T10:00Z' }),
      ],
      { status: 'confirmed', startsAt: '2026-07-15T10:00:00.000Z', decidedByCallId: 'call_2' },
    ],
    [
      'confirmed, then cancelled by a later call',
      [call({ appointment_confirmed: true }), call({ appointment_cancelled: true }, minute(5), 'call_2')],
      { status: 'cancelled', decidedByCallId: 'call_2' },
    ],
    [
      'confirmed by a call of the year 9999, then cancelled by a later call',
      [
        call({ appointment_confirmed: true }, '9999-01-01T00:00:00.000Z'),
        call({ appointment_cancelled: true }, minute(5), 'call_2'),
      ],
      { status: 'cancelled', decidedByCallId: 'call_2' },
    ],
    [
      'confirmed, then nobody answered',
      [
        call({ appointment_confirmed: true }),
        ended({ startedAt: minute(9), disconnectionReason: 'voicemail_reached' }, {}, 'call_2'),
      ],
      { status: 'confirmed', decidedByCallId: 'call_1' },
    ],
    [
      'confirmed in a call that reached nobody',
      [
        planned,
        ended({ disconnectionReason: 'dial_busy', flags: { appointment_confirmed: true, outcome: 'cancelled' } }),
      ],
      { status: 'scheduled', needsReview: false, ...unmoved },
    ],
    [
      'in a call that took place when it ended',
      [
        ended({ endedAt: minute(9), flags: { outcome: 'confirmed' } }),
        started({ startedAt: minute(8), flags: { outcome: 'cancelled' } }, {}, 'call_2'),
      ],
      { status: 'confirmed' },
    ],
    [
      'in a call that took place when it was heard of',
      [ended({ flags: { outcome: 'confirmed' } }), ended({ flags: { outcome: 'cancelled' } }, {}, 'call_2')],
      { status: 'cancelled' },
    ],
    [
      'set by staff after the call',
      [call({ appointment_confirmed: true }), changed({ status: 'cancelled', note: 'phoned' })],
      { status: 'cancelled', decidedByCallId: undefined, notes: [{ text: 'phoned', at: minute(1) }] },
    ],
    [
      'set by staff before the call',
      [changed({ status: 'cancelled' }), call({ appointment_confirmed: true }, minute(9))],
      { status: 'confirmed', decidedByCallId: 'call_1' },
    ],
    [
      'moved in prose, settled by staff',
      [call({ ...moved, new_datetime: 'soon' }), changed({ startsAt: '2026-07-15T10:00:00Z' })],
      {
        status: 'rescheduled',
        startsAt: '2026-07-15T10:00:00Z',
        needsReview: false,
        rescheduleText: undefined,
        decidedByCallId: 'call_1',
      },
    ],
    [
      'moved in prose, noted by staff',
      [call({ ...moved, new_datetime: 'soon' }), changed({ note: 'will ask' })],
      { needsReview: true, rescheduleText: 'soon' },
    ],
  ])('%s', (_, said, expected) => expect(appointment(...said)).toMatchObject(expected));
});
