import { expect, test } from 'vitest';
import { evolve, putAppointment, unregistered } from '../../../src/commands/appointments.ts';
import type { AppointmentEvent, AppointmentSaid } from '../../../src/events/appointment-facts.ts';

const at = '2026-01-31T09:30:00.000Z';
const startsAt = '2026-02-01T09:00:00.000Z';
/** Another key than before, which makes it no other change. */
const by = 'key-2';
/** What was said before, each with the id of its request, or none. */
type Before = readonly (readonly [said: AppointmentSaid, id?: string])[];
const given = (before: Before) =>
  before.reduce(
    (state, [data, id = '']) => evolve(state, { id, data: { ...data, by: 'key-1' }, recordedAt: at }),
    unregistered,
  );

const registered = (data: AppointmentSaid): AppointmentEvent => ({
  type: 'AppointmentRegistered',
  data: { ...data, by },
});
const changed = (data: AppointmentSaid): AppointmentEvent => ({ type: 'AppointmentChanged', data: { ...data, by } });

test.each<[string, Before, AppointmentSaid, string | undefined, AppointmentEvent[] | string]>([
  ['the first PUT registers', [], { startsAt }, undefined, [registered({ startsAt })]],
  ['an empty first PUT registers', [], {}, undefined, [registered({})]],
  ['an empty later PUT is nothing', [[{}]], {}, undefined, []],
  ['a later PUT changes', [[{}]], { status: 'confirmed' }, undefined, [changed({ status: 'confirmed' })]],
  ['the same note again is nothing', [[{ note: 'called' }]], { note: 'called' }, undefined, []],
  [
    'the same note after something else is a note',
    [[{ note: 'called' }], [{ startsAt }]],
    { note: 'called' },
    undefined,
    [changed({ note: 'called' })],
  ],
  // A call may have moved it in between; that stands in another stream, and staff have the last word.
  [
    'the same status again is said again',
    [[{ status: 'confirmed' }]],
    { status: 'confirmed' },
    undefined,
    [changed({ status: 'confirmed' })],
  ],
  [
    'the same status and note again: the note once',
    [[{ status: 'confirmed', note: 'x' }]],
    { note: 'x', status: 'confirmed' },
    undefined,
    [changed({ status: 'confirmed' })],
  ],
  ['the same request again is nothing', [[{ status: 'confirmed' }, 'r1']], { status: 'confirmed' }, 'r1', []],
  [
    'the same request again is nothing, whatever came after',
    [[{ note: 'a' }, 'r1'], [{ note: 'b' }]],
    { note: 'a' },
    'r1',
    [],
  ],
  [
    'the same content in another request is new',
    [[{ note: 'a' }, 'r1']],
    { note: 'a' },
    'r2',
    [changed({ note: 'a' })],
  ],
  [
    'another content in the same request is refused',
    [[{ note: 'a' }, 'r1']],
    { note: 'b' },
    'r1',
    'idempotency_key_reused',
  ],
])('%s', (_, before, change, requestId, expected) =>
  expect(putAppointment({ change, by, requestId }, given(before))).toEqual(expected),
);

test('the record has the last status and start', () => {
  const record = given([[{ startsAt, note: 'a' }], [{ status: 'cancelled' }], [{ note: 'b' }]]);
  expect(record).toMatchObject({
    registered: true,
    status: 'cancelled',
    startsAt,
    lastEventAt: at,
  });
});

test('ten times as many changes take about ten times as long, and not a hundred times', () => {
  const timeOf = (count: number) => {
    const change = { id: 'r', data: { note: 'called', by: 'key-1' }, recordedAt: at };
    const begun = performance.now();
    let state = unregistered;
    for (let n = 0; n < count; n++) state = evolve(state, change);
    expect(state.changes).toHaveLength(count);
    return performance.now() - begun;
  };
  timeOf(1000);
  expect(timeOf(40_000)).toBeLessThan(2000);
});
