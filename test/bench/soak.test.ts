import { expect, test } from 'vitest';
import { grows, type Sample, trendOf } from '../../bench/soak/trend.ts';

/** Sixty samples of twenty minutes. */
const samples = (value: (minute: number, i: number) => number): Sample[] =>
  Array.from({ length: 60 }, (_, i) => ({ minute: i / 3, value: value(i / 3, i) }));

test('a straight line has its slope, and leaves nothing to chance', () => {
  const trend = trendOf(samples((minute) => 50 + 0.5 * minute))!;
  expect(trend.slope).toBeCloseTo(5);
  expect(trend.give).toBeCloseTo(0);
  expect([grows(trend, 4.9), grows(trend, 5.1)]).toEqual([true, false]);
});

test('what goes up and down and stays does not grow, whatever happens while it warms up', () => {
  const sawtooth = trendOf(samples((minute, i) => (minute < 6 ? 10 * minute : 80) + (i % 7)))!;
  expect(grows(sawtooth, 1)).toBe(false);
});

test('a leak below a sawtooth grows', () => {
  expect(grows(trendOf(samples((minute, i) => 80 + minute + (i % 7)))!, 3)).toBe(true);
});

test('from a few samples nothing can be told', () => {
  expect(trendOf(samples((minute) => minute).slice(0, 12))).toBeUndefined();
});
