import { expect, test } from 'vitest';
import { hotStates, type Kept } from '../../src/projections/engine/fold-batch.ts';

const batch = (states: Readonly<Record<string, number>>) =>
  new Map<string, Kept>(Object.entries(states).map(([stream, state]) => [stream, { state, pending: {} }]));
const HALF = 4_000_000;

test('the last state that was written is known, and nothing of streams that nobody has written', () => {
  const hot = hotStates();
  hot.keep(batch({ a: 1, b: 1 }), 10);
  hot.keep(batch({ a: 2 }), 10);
  expect(['a', 'b', 'c'].map((stream) => hot.get(stream)?.state)).toEqual([2, 1, undefined]);
});

test('the oldest batches make room, except for streams that were written again', () => {
  const hot = hotStates();
  hot.keep(batch({ a: 1, b: 1 }), HALF);
  hot.keep(batch({ a: 2 }), HALF);
  hot.keep(batch({ c: 3 }), 1);
  expect(['a', 'b', 'c'].map((stream) => hot.get(stream)?.state)).toEqual([2, undefined, 3]);
  hot.keep(batch({ d: 4 }), HALF);
  expect(['a', 'c', 'd'].map((stream) => hot.get(stream)?.state)).toEqual([undefined, 3, 4]);
});

test('a batch that takes all the room by itself is not kept', () => {
  const hot = hotStates();
  hot.keep(batch({ a: 1 }), 1);
  hot.keep(batch({ b: 1 }), 3 * HALF);
  expect(['a', 'b'].map((stream) => hot.get(stream))).toEqual([undefined, undefined]);
  hot.keep(batch({ c: 1 }), 1);
  expect(hot.get('c')?.state).toBe(1);
});

test('what is forgotten is known no more, and takes no room', () => {
  const hot = hotStates();
  hot.keep(batch({ a: 1 }), 2 * HALF);
  hot.forget();
  expect(hot.get('a')).toBeUndefined();
  hot.keep(batch({ b: 1 }), 2 * HALF);
  expect(hot.get('b')?.state).toBe(1);
});
