import { expect, test } from 'vitest';
import { type FoldedStream, stateCache } from '../../src/projections/engine/fold-batch.ts';

const batch = (states: Readonly<Record<string, number>>) =>
  new Map<string, FoldedStream>(Object.entries(states).map(([stream, state]) => [stream, { state, pending: {} }]));
const HALF = 4_000_000;

test('the last state that was written is known, and nothing of streams that nobody has written', () => {
  const cache = stateCache();
  cache.put(batch({ a: 1, b: 1 }), 10);
  cache.put(batch({ a: 2 }), 10);
  expect(['a', 'b', 'c'].map((stream) => cache.get(stream)?.state)).toEqual([2, 1, undefined]);
});

test('the oldest batches make room, except for streams that were written again', () => {
  const cache = stateCache();
  cache.put(batch({ a: 1, b: 1 }), HALF);
  cache.put(batch({ a: 2 }), HALF);
  cache.put(batch({ c: 3 }), 1);
  expect(['a', 'b', 'c'].map((stream) => cache.get(stream)?.state)).toEqual([2, undefined, 3]);
  cache.put(batch({ d: 4 }), HALF);
  expect(['a', 'c', 'd'].map((stream) => cache.get(stream)?.state)).toEqual([undefined, 3, 4]);
});

test('a batch that takes all the room by itself is not kept', () => {
  const cache = stateCache();
  cache.put(batch({ a: 1 }), 1);
  cache.put(batch({ b: 1 }), 3 * HALF);
  expect(['a', 'b'].map((stream) => cache.get(stream))).toEqual([undefined, undefined]);
  cache.put(batch({ c: 1 }), 1);
  expect(cache.get('c')?.state).toBe(1);
});

test('what is forgotten is known no more, and takes no room', () => {
  const cache = stateCache();
  cache.put(batch({ a: 1 }), 2 * HALF);
  cache.clear();
  expect(cache.get('a')).toBeUndefined();
  cache.put(batch({ b: 1 }), 2 * HALF);
  expect(cache.get('b')?.state).toBe(1);
});
