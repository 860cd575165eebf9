import { expect, test } from 'vitest';
import type { Fact } from '../../src/events/codec.ts';
import { type LatestFields, latestAmong, latestOf, latestValue, noFields, withUpdate } from '../../src/model/latest.ts';

type Fields = { readonly name: string; readonly number: string; readonly count: number };

const by = (id: string, minute: number) =>
  ({ id, metadata: { receivedAt: `2026-01-31T09:${String(minute).padStart(2, '0')}:00.000Z` } }) as Fact;
const at = (minute: number) => Date.parse(`2026-01-31T09:${String(minute).padStart(2, '0')}:00.000Z`);

const learnAll = (...said: readonly (readonly [id: string, minute: number, says: Partial<Fields>])[]) =>
  said.reduce<LatestFields<Fields>>((known, [id, minute, says]) => withUpdate(known, says, by(id, minute)), noFields);

test('each field is the last fact’s that says it, and is kept once', () => {
  const known = learnAll(['a', 1, { name: 'Ann', number: '1' }], ['b', 2, { name: 'Bea' }], ['c', 3, { count: 0 }]);
  expect([latestValue(known, 'name'), latestValue(known, 'number'), latestValue(known, 'count')]).toEqual([
    'Bea',
    '1',
    0,
  ]);
  expect(JSON.parse(JSON.stringify(known))).toEqual([
    { at: at(3), by: 'c', says: { count: 0 } },
    { at: at(2), by: 'b', says: { name: 'Bea' } },
    { at: at(1), by: 'a', says: { number: '1' } },
  ]);
});

test('a fact that is late, says nothing or repeats everything leaves the rest as it is', () => {
  const late = learnAll(['b', 2, { name: 'Bea' }], ['a', 1, { name: 'Ann', number: '1' }]);
  expect([latestValue(late, 'name'), latestValue(late, 'number')]).toEqual(['Bea', '1']);
  expect(learnAll(['b', 2, { name: 'Bea' }], ['a', 1, { name: 'Ann' }])).toHaveLength(1);
  expect(latestValue(learnAll(['a', 1, { name: 'Ann' }], ['b', 2, { name: '' }]), 'name')).toBe('Ann');
  expect(learnAll(['a', 1, { name: 'Ann' }], ['b', 2, { name: 'Ann' }])).toHaveLength(1);
});

test('of two at the same moment the greater id stands, whichever came first', () => {
  expect(latestValue(learnAll(['a', 1, { name: 'Ann' }], ['b', 1, { name: 'Bea' }]), 'name')).toBe('Bea');
  expect(latestValue(learnAll(['b', 1, { name: 'Bea' }], ['a', 1, { name: 'Ann' }]), 'name')).toBe('Bea');
});

test('what several know is compared by when it was said', () => {
  const [one, other] = [learnAll(['a', 1, { name: 'Ann', number: '1' }]), learnAll(['b', 2, { name: 'Bea' }])];
  expect(latestAmong<Fields, 'name'>([one, other], 'name')).toBe('Bea');
  expect(latestAmong<Fields, 'name'>([other, one], 'name')).toBe('Bea');
  expect(latestAmong<Fields, 'number'>([one, other], 'number')).toBe('1');
  expect(latestAmong<Fields, 'count'>([one, other], 'count')).toBeUndefined();
  expect(latestOf(other, 'name')).toEqual({ value: 'Bea', at: at(2), by: 'b' });
  expect(latestOf(other, 'number')).toBeUndefined();
});
