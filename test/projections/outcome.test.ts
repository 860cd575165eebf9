import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Outcome, outcomes, stronger } from '../../src/model/outcome.ts';
import { sessionFromFacts } from '../support/session-of-facts.ts';
import {
  analyzed,
  analyzedWithoutAnalysis,
  ended,
  placed,
  placementFailed,
  recorded,
  requested,
  type Said,
  started,
  TENANT,
  transferStarted,
  unrecognized,
} from './controls.ts';

const any = fc.constantFrom<Outcome>(...outcomes);

describe('the ranking', () => {
  test('order never matters', () => fc.assert(fc.property(any, any, (a, b) => stronger(a, b) === stronger(b, a))));
  test('grouping never matters', () =>
    fc.assert(fc.property(any, any, any, (a, b, c) => stronger(a, stronger(b, c)) === stronger(stronger(a, b), c))));
  test('repeating never matters', () => fc.assert(fc.property(any, (a) => stronger(a, a) === a)));
  test('is the one of docs/rules.md', () =>
    expect(outcomes.toReversed().join(' > ')).toBe(
      'confirmed > rescheduled > cancelled > voicemail > no_answer > busy > failed > answered > pending',
    ));
});

const statusOf = (...said: Said[]) => {
  const session = sessionFromFacts(TENANT, 'cs_1', recorded(...said));
  return `${session?.status}/${session?.statusReason}`;
};

const flags = (fields: Record<string, boolean | string | number>) => analyzed({ flags: fields });
/** What decides an appointment, in a call of which something else is said too. */
const flagged = (claims: Parameters<typeof analyzed>[0]) =>
  analyzed({ flags: { appointment_confirmed: true, outcome: 'cancelled' }, ...about, ...claims });
const about = { appointmentId: 'apt_1' };

describe('what facts make of a call', () => {
  test.each<[string, Said[], string]>([
    // Row 1: decided by a flag or a selector.
    ['a confirming flag', [flags({ appointment_confirmed: true })], 'confirmed/appointment_confirmed'],
    ['a rescheduling flag', [flags({ appointment_rescheduled: 'yes' })], 'rescheduled/appointment_rescheduled'],
    ['a cancelling flag', [flags({ appointment_cancelled: 1 })], 'cancelled/appointment_cancelled'],
    ['a selector', [flags({ appointment_outcome: ' Confirmed ' })], 'confirmed/appointment_outcome'],
    ['the short selector, American', [flags({ outcome: 'canceled' })], 'cancelled/outcome'],
    [
      'several true flags: the strongest',
      [flags({ appointment_cancelled: 1, outcome: 'rescheduled' })],
      'rescheduled/outcome',
    ],
    [
      'names in any case, with space around',
      [flags({ ' Appointment_Confirmed ': 'TRUE ' })],
      'confirmed/appointment_confirmed',
    ],
    [
      'one name twice, any true wins',
      [flags({ appointment_confirmed: false, APPOINTMENT_CONFIRMED: 'on' })],
      'confirmed/appointment_confirmed',
    ],
    [
      "a tenant's own name",
      [analyzed({ flags: { Bestaetigt: 'y' } }, { fieldNames: { appointment_confirmed: ['bestaetigt'] } })],
      'confirmed/appointment_confirmed',
    ],
    [
      'a flag among the personal fields',
      [analyzed({ personal: { custom: { appointment_confirmed: true } } })],
      'confirmed/appointment_confirmed',
    ],
    [
      'the analysis overtaking the end',
      [flags({ appointment_confirmed: true }), ended({ disconnectionReason: 'user_hangup' })],
      'confirmed/appointment_confirmed',
    ],
    // Row 2.
    [
      'a mailbox by disconnection',
      [ended({ disconnectionReason: 'voicemail_reached' })],
      'voicemail/voicemail_reached',
    ],
    ['a mailbox by analysis', [analyzed({ inVoicemail: true })], 'voicemail/in_voicemail'],
    ['a mailbox by flag', [flags({ voicemail: true })], 'voicemail/voicemail'],
    [
      'a mailbox by all of them',
      [analyzed({ inVoicemail: true, disconnectionReason: 'voicemail_reached', flags: { voicemail: true } })],
      'voicemail/voicemail_reached',
    ],
    // Row 3.
    [
      'nobody answering',
      [ended({ callStatus: 'not_connected', disconnectionReason: 'dial_no_answer' })],
      'no_answer/dial_no_answer',
    ],
    [
      'a declined call',
      [ended({ callStatus: 'not_connected', disconnectionReason: 'user_declined' })],
      'no_answer/user_declined',
    ],
    ['a menu', [ended({ disconnectionReason: 'ivr_reached' })], 'no_answer/ivr_reached'],
    ['silence', [ended({ disconnectionReason: 'inactivity', userSpoke: false })], 'no_answer/inactivity'],
    [
      'silence after words',
      [ended({ ...about, disconnectionReason: 'inactivity', userSpoke: true, analysed: true })],
      'failed/undecided',
    ],
    [
      'silence at the end of a call without a transcript',
      [ended({ disconnectionReason: 'inactivity' }), analyzed({ disconnectionReason: 'inactivity' })],
      'answered/answered',
    ],
    [
      'silence at the end, with a transcript that comes after it',
      [ended({ disconnectionReason: 'inactivity' }), analyzed({ disconnectionReason: 'inactivity', userSpoke: true })],
      'answered/answered',
    ],
    [
      'silence in one fact, and in another that the other side never spoke',
      [ended({ disconnectionReason: 'inactivity' }), analyzed({ userSpoke: false })],
      'no_answer/inactivity',
    ],
    [
      'silence that ended a call in which they spoke, whatever is not in a later transcript',
      [ended({ disconnectionReason: 'inactivity', userSpoke: true }), analyzed({ userSpoke: false })],
      'answered/answered',
    ],
    [
      'silence up to a transfer that was tried',
      [transferStarted({ userSpoke: false }), analyzed({ disconnectionReason: 'inactivity' })],
      'answered/answered',
    ],
    ['a call that they hung up without a word', [analyzed({ userSpoke: false })], 'answered/answered'],
    ['a flag no_answer', [flags({ no_answer: true })], 'no_answer/no_answer'],
    ['no human', [flags({ human_detected: 'no' })], 'no_answer/human_detected'],
    ['a human', [flags({ human_detected: true })], 'answered/answered'],
    // Row 4.
    ['a busy line', [ended({ callStatus: 'not_connected', disconnectionReason: 'dial_busy' })], 'busy/dial_busy'],
    ['a flag busy', [flags({ busy: true })], 'busy/busy'],
    // Row 5.
    [
      'a call not connected',
      [ended({ callStatus: 'not_connected', disconnectionReason: 'sip_routing_error' })],
      'failed/sip_routing_error',
    ],
    [
      'one of a kind not yet known',
      [ended({ callStatus: 'not_connected', disconnectionReason: 'new_word' })],
      'failed/new_word',
    ],
    [
      'one whose status lags',
      [ended({ callStatus: 'registered', disconnectionReason: 'dial_failed' })],
      'failed/dial_failed',
    ],
    ['an error', [ended({ callStatus: 'error', disconnectionReason: 'error_asr' })], 'failed/error_asr'],
    ['an error without a reason', [ended({ callStatus: 'error' })], 'failed/error'],
    ['a flag failed', [flags({ failed: true })], 'failed/failed'],
    [
      'a flag failed beside a reason',
      [analyzed({ callStatus: 'error', disconnectionReason: 'error_asr', flags: { failed: true } })],
      'failed/error_asr',
    ],
    // Row 6 and 7.
    [
      'undecided, about an appointment',
      [analyzed({ ...about, flags: { appointment_confirmed: false } })],
      'failed/undecided',
    ],
    ['undecided, about none', [analyzed()], 'answered/answered'],
    ['an appointment that becomes known later', [analyzed(), ended(about)], 'failed/undecided'],
    ["the session's appointment", [requested(about), analyzed({ callSessionId: 'cs_1' })], 'failed/undecided'],
    ['an end that carries an analysis', [ended({ analysed: true })], 'answered/answered'],
    ['prose instead of a flag', [flags({ appointment_confirmed: 'probably' })], 'answered/answered'],
    // Row 8.
    ['an end without analysis', [started(), ended(about)], 'pending/analysis_missing'],
    ['an analysis that is null', [ended(about), analyzedWithoutAnalysis(about)], 'pending/analysis_missing'],
    // Row 9.
    ['a start', [started(about)], 'pending/in_progress'],
    ['a request', [requested(about)], 'pending/requested'],
    ['a request that was placed', [requested(about), placed()], 'pending/requested'],
    // Beside the table.
    ['a placement that failed', [requested(about), placementFailed()], 'failed/retell_refused'],
    [
      'an event of an unknown kind',
      [unrecognized({ ...about, callStatus: 'error', analysed: true, flags: { appointment_confirmed: true } })],
      'pending/in_progress',
    ],
  ])('%s', (_, said, expected) => expect(statusOf(...said)).toBe(expected));

  test.each<[string, Said, string]>([
    ['dial_no_answer', flagged({ disconnectionReason: 'dial_no_answer' }), 'no_answer/dial_no_answer'],
    ['dial_busy', flagged({ disconnectionReason: 'dial_busy', callStatus: 'ended' }), 'busy/dial_busy'],
    ['user_declined', flagged({ disconnectionReason: 'user_declined' }), 'no_answer/user_declined'],
    ['invalid_destination', flagged({ disconnectionReason: 'invalid_destination' }), 'failed/invalid_destination'],
    ['marked_as_spam', flagged({ disconnectionReason: 'marked_as_spam' }), 'failed/marked_as_spam'],
    ['a new word for dialling', flagged({ disconnectionReason: 'dial_rejected' }), 'failed/dial_rejected'],
    ['the status alone', flagged({ callStatus: 'not_connected' }), 'failed/not_connected'],
    [
      'a new word with that status',
      flagged({ callStatus: 'not_connected', disconnectionReason: 'unheard_of' }),
      'failed/unheard_of',
    ],
  ])('an appointment is not decided in a call that reached nobody: %s', (_, said, expected) =>
    expect(statusOf(said)).toBe(expected),
  );

  test.each([
    'user_hangup',
    'voicemail_reached',
    'ivr_reached',
    'inactivity',
    'error_asr',
    'unheard_of',
    'call_transfer',
  ])('an appointment is decided in a call that ended as %s', (disconnectionReason) =>
    expect(statusOf(flagged({ disconnectionReason }))).toBe('confirmed/appointment_confirmed'),
  );

  test('what one fact says of the line takes no decision from another', () => {
    const unreached = ended({ callStatus: 'not_connected', disconnectionReason: 'dial_busy' });
    expect(statusOf(unreached, flagged({}))).toBe('confirmed/appointment_confirmed');
    expect(statusOf(flagged({}), unreached)).toBe('confirmed/appointment_confirmed');
  });

  test('other flags count on a call that reached nobody', () =>
    expect(statusOf(analyzed({ disconnectionReason: 'dial_busy', flags: { voicemail: true } }))).toBe(
      'voicemail/voicemail',
    ));

  test('no outcome falls as facts are added, whatever they are', () => {
    const claims = fc.record(
      {
        flags: fc.dictionary(
          fc.constantFrom('appointment_confirmed', 'appointment_cancelled', 'busy', 'human_detected'),
          fc.boolean(),
        ),
        callStatus: fc.constantFrom('ended', 'error', 'not_connected'),
        disconnectionReason: fc.constantFrom(
          'user_hangup',
          'dial_busy',
          'voicemail_reached',
          'inactivity',
          'inactivity',
        ),
        appointmentId: fc.constant('apt_1'),
        analysed: fc.constant(true as const),
        userSpoke: fc.boolean(),
      },
      { requiredKeys: [] },
    );
    const said = fc
      .tuple(fc.constantFrom(started, ended, analyzed, unrecognized), claims)
      .map(([of, what]) => of(what));
    fc.assert(
      fc.property(fc.array(said, { minLength: 1, maxLength: 8 }), (all) => {
        const facts = recorded(...all);
        const ranks = facts.map((_, i) =>
          outcomes.indexOf(sessionFromFacts(TENANT, 'x', facts.slice(0, i + 1))!.status),
        );
        expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
      }),
    );
  });
});
