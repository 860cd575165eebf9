import { describe, expect, test } from 'vitest';
import type { CallEvent } from '../../src/events/call-facts.ts';
import type { Fact } from '../../src/events/codec.ts';
import { reduceWholeCall, type WholeCall } from '../../src/model/stream-state.ts';
import type { Link } from '../../src/projections/calls/links.ts';
import { changesOf, type Naming } from '../../src/projections/views/outcome-changes.ts';
import { analyzed, ended, minute, recorded, type Said, started } from './controls.ts';

// Positions in the log, as `recorded` gives them out: 7, 14, 21 …
const [first, second, third, fourth] = ['7', '14', '21', '28'] as const;

const at = (position: string) => {
  const recordedAt = minute(Number(position) / 7 - 1);
  return { position, recordedAt, occurredAt: Date.parse(recordedAt) };
};

const callAfter = (...said: readonly Said[]) =>
  recorded(...said).reduce<WholeCall | undefined>(
    (state, fact) => reduceWholeCall(state, fact as Fact<CallEvent>),
    undefined,
  )!;
const changes = (said: readonly Said[], links: readonly Link[] = [], namings: readonly Naming[] = []) =>
  changesOf(callAfter(...said), links, namings).map(({ position, outcome, sessionId, appointmentId = '–' }) =>
    [position, outcome, sessionId, appointmentId].join(' '),
  );
const placed = (position: string, sessionId = 'cs_1'): Link => ({ sessionId, way: 'placed', ...at(position) });
const named = (position: string, sessionId = 'cs_2'): Link => ({ sessionId, way: 'named', ...at(position) });
const linked = (position: string, sessionId = 'cs_3'): Link => ({ sessionId, way: 'linked', ...at(position) });
const concerns = (appointmentId: string, position: string, sessionId = 'cs_1'): Naming => ({
  sessionId,
  appointmentId,
  ...at(position),
  namedAt: Number(position),
});
const hungUp = ended({ disconnectionReason: 'user_hangup' });
const confirmed = analyzed({ flags: { appointment_confirmed: true } });

describe('the outcome of a call changes', () => {
  test.each<[string, Said[], Link[], Naming[], string[]]>([
    ['not as long as it is pending', [started(), hungUp], [], [], []],
    ['when it comes to be known', [started(), hungUp, analyzed()], [], [], [`${third} answered call:call_1 –`]],
    [
      'once, however often that is told',
      [confirmed, analyzed({ ...(confirmed.event.data as object) })],
      [],
      [],
      [`${first} confirmed call:call_1 –`],
    ],
    [
      'each time that it rises, and never when it would fall',
      [ended({ inVoicemail: true }), analyzed(), confirmed, ended({ disconnectionReason: 'dial_busy' })],
      [],
      [],
      [`${first} voicemail call:call_1 –`, `${third} confirmed call:call_1 –`],
    ],
    [
      'to failed, when it decides nothing of its own appointment',
      [started({ appointmentId: 'apt_1' }), hungUp, analyzed()],
      [],
      [],
      [`${third} failed call:call_1 apt_1`],
    ],
    [
      'from answered to failed, when its own appointment becomes known later',
      [analyzed(), started({ appointmentId: 'apt_1' })],
      [],
      [],
      [`${first} answered call:call_1 –`, `${second} failed call:call_1 apt_1`],
    ],
    [
      'from answered to failed, when its session turns out to concern one',
      [analyzed(), started()],
      [placed(second)],
      [concerns('apt_1', third)],
      [`${first} answered cs_1 –`.replace('cs_1', 'call:call_1'), `${third} failed cs_1 apt_1`],
    ],
    [
      'from answered to failed, when it turns out to belong to a session that does',
      [analyzed(), started()],
      [placed(fourth)],
      [concerns('apt_1', second)],
      [`${first} answered call:call_1 –`, `${fourth} failed cs_1 apt_1`],
    ],
    [
      'with its own appointment rather than its session’s',
      [started({ appointmentId: 'apt_1' }), confirmed],
      [placed(first)],
      [concerns('apt_2', first)],
      [`${second} confirmed cs_1 apt_1`],
    ],
    [
      'with the appointment that was known then',
      [confirmed],
      [placed(first)],
      [concerns('apt_1', first), concerns('apt_2', second)],
      [`${first} confirmed cs_1 apt_1`],
    ],
    [
      'when what it came to turns out to be about an appointment, and not again when about another',
      [confirmed, started({ appointmentId: 'apt_1' }), started({ appointmentId: 'apt_2' })],
      [],
      [],
      [`${first} confirmed call:call_1 –`, `${second} confirmed call:call_1 apt_1`],
    ],
    [
      'when its number turns out to lead to a session about an appointment',
      [confirmed, started()],
      [linked(second)],
      [concerns('apt_1', first, 'cs_3')],
      [`${first} confirmed call:call_1 –`, `${second} confirmed cs_3 apt_1`],
    ],
    [
      'in the session that it named, rather than the one that placed it, rather than the one that it was linked to',
      [analyzed({ inVoicemail: true })],
      [linked(first), placed(first), named(first)],
      [],
      [`${first} voicemail cs_2 –`],
    ],
    [
      'in the session that it was in then',
      [analyzed({ inVoicemail: true }), confirmed],
      [linked(first), placed(second), named(third)],
      [],
      [`${first} voicemail cs_3 –`, `${second} confirmed cs_1 –`],
    ],
  ])('%s', (_, said, links, namings, expected) => expect(changes(said, links, namings)).toEqual(expected));
});

test('only rises are kept, however many facts there are', () =>
  expect(callAfter(started(), hungUp, started({ agentId: 'a' }), confirmed, analyzed()).reached).toEqual([
    { ...at(fourth), outcome: 'confirmed', reason: 'appointment_confirmed' },
  ]));

test('each change tells why, by what was known then, and when what made it took place', () => {
  const later = { occurredAt: minute(9) };
  const call = callAfter(
    analyzed({}, { occurredAt: minute(5) }),
    analyzed({ flags: { outcome: 'confirmed' } }, later),
    started({ appointmentId: 'apt_1' }, { occurredAt: minute(2) }),
    analyzed({ flags: { appointment_confirmed: true } }, later),
  );
  const told = (links: readonly Link[], namings: readonly Naming[]) =>
    changesOf(call, links, namings).map(({ position, statusReason, occurredAt }) => [
      position,
      statusReason,
      new Date(occurredAt).toISOString(),
    ]);
  expect(told([], [])).toEqual([
    [first, 'answered', minute(5)],
    [second, 'outcome', minute(9)],
    [third, 'outcome', minute(2)],
  ]);
  const begun = { occurredAt: Date.parse(minute(5)) };
  expect(told([{ ...placed(first), ...begun }], [{ ...concerns('apt_2', first), ...begun }])).toEqual([
    [first, 'undecided', minute(5)],
    [second, 'outcome', minute(9)],
  ]);
});
