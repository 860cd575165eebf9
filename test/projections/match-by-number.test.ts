import { expect, test } from 'vitest';
import {
  type Closings,
  matchByNumber,
  type Opening,
  openingKey,
  type Stray,
} from '../../src/projections/calls/match-by-number.ts';
import { minute, TENANT } from './controls.ts';

const opening = (sessionId: string, position: number, more: Partial<Opening> = {}): Opening => ({
  tenantId: TENANT,
  sessionId,
  toNumber: '+1',
  requestedAt: minute(0),
  position: `${position}`,
  ...more,
});
const stray = (callId: string, position: number, more: Partial<Stray> = {}): Stray => ({
  tenantId: TENANT,
  callId,
  toNumber: '+1',
  recordedAt: minute(1),
  position: `${position}`,
  ...more,
});
const match = (strays: Stray[], openings: Opening[], closings: Closings = new Map()) =>
  [...matchByNumber(strays, openings, closings, 60 * 60_000)].map(([{ callId }, sessionId]) => [callId, sessionId]);

const asked = [opening('cs_1', 5)];
const closedAt = (position: string): Closings => new Map([[openingKey(TENANT, 'cs_1'), position]]);

test.each<[string, string[][], string[][]]>([
  ['the only request that waits', match([stray('a', 10)], asked), [['a', 'cs_1']]],
  ['not one of two', match([stray('a', 10)], [...asked, opening('cs_2', 6)]), []],
  ['not one of another tenant', match([stray('a', 10, { tenantId: 'other' })], asked), []],
  ['not one of another number', match([stray('a', 10, { toNumber: '+2' })], asked), []],
  ['not one that comes later, positions being numbers', match([stray('a', 9)], [opening('cs_1', 10)]), []],
  ['at the last moment', match([stray('a', 10, { recordedAt: minute(60) })], asked), [['a', 'cs_1']]],
  ['not after it', match([stray('a', 10, { recordedAt: minute(61) })], asked), []],
  ['not one that had its call before', match([stray('a', 10)], asked, closedAt('9')), []],
  ['one that had its call only afterwards', match([stray('a', 10)], asked, closedAt('11')), [['a', 'cs_1']]],
  ['only once, to the first in the log', match([stray('b', 100), stray('a', 20)], asked), [['a', 'cs_1']]],
  [
    'the other one, once the first is taken',
    match([stray('a', 20), stray('b', 30)], [...asked, opening('cs_2', 25)]),
    [
      ['a', 'cs_1'],
      ['b', 'cs_2'],
    ],
  ],
])('a call without a session is matched with %s', (_, matches, expected) => expect(matches).toEqual(expected));
