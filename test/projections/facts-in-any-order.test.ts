import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Fact } from '../../src/events/codec.ts';
import { wholeFacts } from '../../src/events/personal-text.ts';
import {
  noFactsYet,
  type SessionDocument,
  sessionDocument,
  sessionOf,
  withFact,
} from '../../src/model/session-document.ts';
import { sessionFromFacts } from '../support/session-of-facts.ts';
import * as controls from './controls.ts';
import {
  archived,
  idOf,
  minute,
  placed,
  placementFailed,
  recorded,
  requested,
  type Said,
  TENANT,
  unarchived,
} from './controls.ts';

const some = <T>(...values: T[]) => fc.constantFrom(...values);

const claims = fc.record(
  {
    direction: some('inbound' as const, 'outbound' as const),
    agentId: some('agent_1', 'agent_2'),
    callStatus: some('ended', 'error', 'ongoing'),
    disconnectionReason: some('user_hangup', 'dial_busy', 'call_transfer', 'error_asr', 'inactivity', 'unheard_of'),
    startedAt: some(minute(0), minute(5)),
    endedAt: some(minute(6), minute(7)),
    durationMs: some(1000, 2000),
    appointmentId: some('apt_1', 'apt_2', '__proto__'),
    tenantMismatch: some(true as const),
    userSpoke: fc.boolean(),
    inVoicemail: fc.boolean(),
    analysed: some(true as const),
    flags: fc.dictionary(
      some('appointment_confirmed', 'Appointment_Cancelled', 'outcome', 'busy', 'human_detected'),
      some<boolean | string>(true, false, 'rescheduled', 'yes', 'prose'),
      { maxKeys: 3 },
    ),
    personal: fc.record(
      {
        transcript: some('a', 'b', ''),
        recordingUrl: some('https://r/1'),
        fromNumber: some('+1'),
        toNumber: some('+2'),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);
const occurrence = fc.option(
  some(minute(1), minute(2), '2026-01-01T10:02:00Z', '2026-01-01T10:02:00.001Z').map((occurredAt) => ({ occurredAt })),
  { nil: {} },
);
const callFact = fc
  .tuple(
    some(
      controls.started,
      controls.ended,
      controls.analyzed,
      controls.transferStarted,
      controls.transferBridged,
      controls.unrecognized,
    ),
    claims,
    occurrence,
    some('call_1', 'call_2'),
  )
  .map(([about, what, metadata, callId]) => about(what, metadata, callId));
const sessionFact = some<Said>(
  requested({ toNumber: '+2', appointmentId: 'apt_1' }),
  placed('call_1'),
  placed('call_3'),
  placementFailed(),
  archived('call_1'),
  unarchived('call_1'),
  archived('call_2'),
);
const history = fc
  .uniqueArray(fc.oneof({ weight: 3, arbitrary: callFact }, sessionFact), {
    minLength: 1,
    maxLength: 12,
    selector: idOf,
  })
  .filter((all) => all.some(({ event }) => event.type === 'CallRequested' || 'flags' in event.data));

/** The same facts in another order, some of them again. */
const disorder = (facts: readonly Fact[]) =>
  fc
    .tuple(
      fc.shuffledSubarray([...facts], { minLength: facts.length }),
      fc.array(fc.constantFrom(...facts), { maxLength: 5 }),
    )
    .chain(([all, again]) => fc.shuffledSubarray([...all, ...again], { minLength: all.length + again.length }));

const histories = history
  .map((said) => recorded(...said))
  .chain((facts) => fc.tuple(fc.constant(facts), disorder(facts)));

// A fact stands in the log once, at one position.
test('the order and the repetition of facts never matter to a session', () =>
  fc.assert(
    fc.property(histories, ([facts, shuffled]) => {
      expect(sessionFromFacts(TENANT, 'cs_1', shuffled)).toEqual(sessionFromFacts(TENANT, 'cs_1', facts));
    }),
    { numRuns: 500 },
  ));

test('neither does the order in which they arrive, except to what tells of the time of receipt', () => {
  const without = ({ createdAt: _, archived: __, retellCallId: ___, retellCallIds, ...document }: SessionDocument) => ({
    ...document,
    retellCallIds: retellCallIds.toSorted(),
  });
  // Each call tells when it started: else where it stands among the others is a matter of receipt.
  const timed = histories.map(([facts, shuffled]) => {
    const start = (fact: Fact): Fact =>
      ({
        ...fact,
        metadata: { ...fact.metadata, occurredAt: fact.metadata.occurredAt ?? minute(3) },
        ...('callId' in fact.data
          ? { data: { ...fact.data, startedAt: minute(fact.data.callId === 'call_1' ? 0 : 5) } }
          : {}),
      }) as Fact;
    const arrivedAgain = shuffled.map((fact, index) => ({
      ...start(fact),
      position: BigInt(index + 1) * 5n,
      recordedAt: minute(30 + index),
    }));
    return [facts.map(start), arrivedAgain] as const;
  });
  fc.assert(
    fc.property(timed, ([facts, again]) => {
      const [one, other] = [sessionFromFacts(TENANT, 'cs_1', facts)!, sessionFromFacts(TENANT, 'cs_1', again)!];
      expect(without(other)).toEqual(without(one));
    }),
    { numRuns: 300 },
  );
});

test('a fold that is put away as JSON after any fact and taken up again comes to the same', () =>
  fc.assert(
    fc.property(histories, fc.nat(15), ([facts], cut) => {
      const through = (all: readonly Fact[], from = noFactsYet(TENANT, 'cs_1')) => all.reduce(withFact, from);
      const whole = [...wholeFacts(facts)];
      const half = through(whole.slice(0, cut));
      const kept = { ...half, streams: new Map(JSON.parse(JSON.stringify([...half.streams]))) } as typeof half;
      const session = sessionOf(through(whole.slice(cut), kept));
      expect(session && sessionDocument(session)).toEqual(sessionFromFacts(TENANT, 'cs_1', facts));
    }),
    { numRuns: 300 },
  ));
