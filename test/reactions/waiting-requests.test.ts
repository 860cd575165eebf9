import { expect, test } from 'vitest';
import { type Link, waitingRequests } from '../../src/reactions/call-linking/waiting-requests.ts';
import {
  analyzed,
  archived,
  ended,
  idOf,
  linked,
  minute,
  placed,
  placementFailed,
  recorded,
  requested,
  type Said,
  started,
  textPart,
} from '../projections/controls.ts';

// A6: the only open request of the tenant to that number, within the window. `recorded` has a minute between facts.

const WINDOW_MS = 60 * 60_000;
const to = (toNumber: string) => ({ direction: 'outbound', personal: { toNumber } }) as const;
const asked = requested({ toNumber: '+1' });
const calls = started(to('+1'));
const ofOther = (said: Said): Said => ({
  ...said,
  stream: said.stream.replace('acme', 'other'),
  metadata: { ...said.metadata, tenantId: 'other' },
});
const later = (at: string, ...said: readonly Said[]) => recorded(...said).map((fact) => ({ ...fact, recordedAt: at }));
const linksIn = (facts: ReturnType<typeof recorded>, requests = waitingRequests(WINDOW_MS)) =>
  facts
    .map(requests.apply)
    .filter((link): link is Link => link !== undefined)
    .map(({ callId, sessionId, fact }) => [callId, sessionId, `${fact.position}`]);
const after = (...said: readonly Said[]) => linksIn(recorded(...said));

const whole = ended({ personalParts: 2 });
const text = JSON.stringify(to('+1').personal);

test.each<[string, Said[], string[][]]>([
  ['the only request that waits', [asked, calls], [['call_1', 'cs_1', '14']]],
  ['by its first fact alone', [asked, started({}), ended(to('+1'))], []],
  ['not one of two', [asked, requested({ toNumber: '+1' }, 'cs_2'), calls], []],
  ['not one of another tenant', [ofOther(asked), calls], []],
  ['not one of another number', [requested({ toNumber: '+2' }), calls], []],
  ['not one without a number', [requested({}), started({ direction: 'outbound' })], []],
  ['not one that comes later', [calls, asked], []],
  ['not one whose call was placed', [asked, placed('call_2'), calls], []],
  ['not one whose placing failed', [asked, placementFailed(), calls], []],
  ['not one that another call has named', [asked, started({ callSessionId: 'cs_1' }, {}, 'call_2'), calls], []],
  [
    'not one that another call has named before it was asked for',
    [ended({ callSessionId: 'cs_1' }, {}, 'c'), asked, calls],
    [],
  ],
  ['not one that another call was linked to', [asked, linked('cs_1', 'call_2'), calls], []],
  [
    'once: the next call to that number has to find another',
    [
      asked,
      calls,
      started(to('+1'), {}, 'call_2'),
      requested({ toNumber: '+1' }, 'cs_2'),
      started(to('+1'), {}, 'call_3'),
    ],
    [
      ['call_1', 'cs_1', '14'],
      ['call_3', 'cs_2', '35'],
    ],
  ],
  ['none when it names a session', [asked, started({ ...to('+1'), callSessionId: 'cs_2' })], []],
  ['none when it is inbound', [asked, started({ ...to('+1'), direction: 'inbound' })], []],
  ['none when it is a web call', [asked, started({ ...to('+1'), direction: 'web' })], []],
  [
    'none when another session has placed it',
    [requested({ toNumber: '+1' }, 'cs_2'), placed('call_1', 'cs_2'), asked, calls],
    [],
  ],
  [
    'by a number that stands in parts before its fact',
    [asked, textPart(idOf(whole), 0, text.slice(0, 9)), textPart(idOf(whole), 1, text.slice(9)), whole],
    [['call_1', 'cs_1', '28']],
  ],
  ['whatever staff have said of it before', [asked, archived(), analyzed(to('+1'))], [['call_1', 'cs_1', '21']]],
])('a call is linked to %s', (_, said, expected) => expect(after(...said)).toEqual(expected));

test('a request waits for as long as the window is, and no longer', () => {
  const atTheEnd = later(minute(60), asked, calls).slice(1);
  expect(linksIn([recorded(asked)[0]!, ...atTheEnd])).toHaveLength(1);
  const tooLate = later(minute(61), asked, calls).slice(1);
  expect(linksIn([recorded(asked)[0]!, ...tooLate])).toEqual([]);
});

test('a fact that cannot be read decides nothing, and nothing is lost behind it', () => {
  const [request, broken, call] = recorded(asked, started(to('+1'), {}, 'call_2'), calls);
  const facts = [request!, { ...broken!, data: { callId: 5 } }, call!] as ReturnType<typeof recorded>;
  expect(linksIn(facts)).toEqual([['call_1', 'cs_1', '21']]);
});

test('reading on from where one may resume decides the same', () => {
  const said = Array.from({ length: 200 }, (_, i) => [
    requested({ toNumber: `+${i % 7}` }, `cs_${i}`),
    started(to(`+${i % 5}`), {}, `call_${i}`),
  ]).flat();
  const facts = recorded(...said);
  const [all, whole] = [waitingRequests(WINDOW_MS), linksIn(facts)];
  expect(all.resumeAfter()).toBeUndefined();
  let resumed = 0;
  for (const [i, fact] of facts.entries()) {
    all.apply(fact);
    const from = all.resumeAfter()?.position;
    if (i % 20 !== 0 || from === undefined) continue;
    resumed += 1;
    expect(all.resumeAfter()?.id).toBe(facts.find(({ position }) => position === from)?.id);
    const rest = linksIn(facts.filter(({ position }) => position > from));
    const since = (links: string[][]) => links.filter(([, , position]) => BigInt(position!) > fact.position);
    expect(since(rest)).toEqual(since(whole));
    expect(facts.filter(({ position }) => position > from && position <= fact.position).length).toBeLessThan(70);
  }
  expect(resumed).toBeGreaterThan(10);
});
