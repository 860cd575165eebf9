import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { knownWords } from '../../src/commands/webhooks/accept.ts';
import {
  type Disconnection,
  disconnections,
  endsInTransfer,
  isUnreached,
  outcomeOfEnding,
} from '../../src/model/outcome.ts';

type Field = keyof typeof knownWords;
const { words: found, statuses } = JSON.parse(
  readFileSync(new URL('../fixtures/retell-words.json', import.meta.url), 'utf8'),
) as {
  words: Readonly<Record<string, Readonly<Record<string, string>>>>;
  statuses: Readonly<Record<Disconnection['status'], readonly string[]>>;
};

describe('every word that the vendor has published is known', () => {
  test.each(
    (Object.keys(knownWords) as Field[]).flatMap((field) =>
      Object.keys(found[field]!).map((word) => [field, word] as const),
    ),
  )('%s: %s', (field, word) =>
    // What is about no call is told apart before its words are read.
    expect(knownWords[field].has(word) || (field === 'event' && /^chat_|^call_inbound$/.test(word))).toBe(true),
  );
  test.each(Object.keys(knownWords) as Field[])('and no other: %s', (field) =>
    expect(Object.keys(found[field]!)).toEqual(expect.arrayContaining([...knownWords[field]])),
  );
});

/** The words of a field's union wherever the types of the installed SDK have it. */
function installed(field: string): ReadonlySet<string> {
  const types = ['call', 'agent'].map((file) =>
    readFileSync(new URL(`../../node_modules/retell-sdk/resources/${file}.d.ts`, import.meta.url), 'utf8'),
  );
  const unions = types.flatMap((text) => [...text.matchAll(new RegExp(`\\b${field}\\??:([^;{]*);`, 'g'))]);
  return new Set(unions.flatMap(([, union]) => [...union!.matchAll(/'([^']*)'/g)].map(([, word]) => word!)));
}

test.each<[string, Field, number]>([
  ['disconnection_reason', 'disconnection_reason', 34],
  ['call_status', 'call_status', 5],
  ['call_type', 'call_type', 2],
  ['direction', 'direction', 2],
  ['data_storage_setting', 'data_storage_setting', 3],
  ['webhook_events', 'event', 8],
])('the installed SDK has no %s that is unknown here', (name, field, atLeast) => {
  const words = installed(name);
  expect(words.size).toBeGreaterThanOrEqual(atLeast); // fewer: its types are written otherwise, and were not read
  expect([...words].filter((word) => !knownWords[field].has(word))).toEqual([]);
});

const wordsOf = (status: Disconnection['status']) => statuses[status];

test('each reason has the status that the vendor gives it', () => {
  for (const [word, { status }] of disconnections)
    expect([status, statuses[status]]).toEqual([status, expect.arrayContaining([word])]);
});

describe('what a reason decides', () => {
  test.each([
    ['voicemail_reached', 'voicemail'],
    ['machine_detected', 'voicemail'],
    ['dial_no_answer', 'no_answer'],
    ['user_declined', 'no_answer'],
    ['ivr_reached', 'no_answer'],
    ['dial_busy', 'busy'],
  ])('%s: %s', (disconnectionReason, outcome) => expect(outcomeOfEnding({ disconnectionReason })).toBe(outcome));

  const decided = new Set(['dial_no_answer', 'user_declined', 'dial_busy']);
  test.each([...wordsOf('not_connected'), ...wordsOf('error')].filter((word) => !decided.has(word)))(
    '%s: failed',
    (disconnectionReason) => expect(outcomeOfEnding({ disconnectionReason })).toBe('failed'),
  );
  test.each(wordsOf('ended').filter((word) => !/voicemail|machine|ivr/.test(word)))('%s: nothing', (reason) =>
    expect(outcomeOfEnding({ disconnectionReason: reason, callStatus: 'ended' })).toBeUndefined(),
  );
  test.each(wordsOf('not_connected'))('%s reached nobody, whatever status lags behind', (disconnectionReason) => {
    expect(isUnreached({ disconnectionReason, callStatus: 'registered' })).toBe(true);
    expect(isUnreached({ disconnectionReason })).toBe(true);
  });
  test.each([...wordsOf('ended'), ...wordsOf('error')])('%s does not say that nobody was reached', (word) =>
    expect(isUnreached({ disconnectionReason: word })).toBe(false),
  );
  test('two of them are transfers', () =>
    expect([...disconnections.keys()].filter((disconnectionReason) => endsInTransfer({ disconnectionReason }))).toEqual(
      ['call_transfer', 'transfer_bridged'],
    ));
  test.each([
    ['not_connected', 'failed'],
    ['error', 'failed'],
    ['ended', undefined],
    ['registered', undefined],
    ['paused', undefined],
    [undefined, undefined],
  ])('a new word is taken as the status says: %s', (callStatus, outcome) => {
    for (const disconnectionReason of ['unheard_of', 'constructor', '', undefined])
      expect(outcomeOfEnding({ disconnectionReason, ...(callStatus && { callStatus }) })).toBe(outcome);
  });
});
