import { expect, test } from 'vitest';
import { UnreadableFact } from '../../src/events/codec.ts';
import { factsUntil, foldStream } from '../../src/projections/fold-stream.ts';
import { ended, recorded, started } from '../projections/controls.ts';

const thrownBy = (work: () => unknown): UnreadableFact => {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(UnreadableFact);
    return error as UnreadableFact;
  }
  throw new Error('nothing was thrown');
};

test('a fact that breaks a reducer is named with its place, and not quoted', () => {
  const facts = recorded(started(), ended());
  const reduce = (count: number | undefined, { type }: { readonly type: string }) => {
    if (type === 'CallEnded') throw new TypeError('Jane Roe has no number');
    return (count ?? 0) + 1;
  };
  const { message, fact } = thrownBy(() => foldStream(reduce, facts));
  const { stream, revision, position, type } = facts[1]!;
  expect(fact).toEqual({ stream, revision, position, type });
  expect(message).toMatch(
    /^CallEnded at call-acme\.call_1@1 cannot be applied: TypeError at as-of\/fold-stream\.test\.ts\S*:\d+$/,
  );
  expect(foldStream(reduce, facts.slice(0, 1))).toBe(1);
});

test('a fact that cannot be read is in nobody’s way before it was known', () => {
  const [first, second] = recorded(started(), ended());
  const log = [first!, { ...second!, data: { callId: 7 } }];
  expect(factsUntil(log, { position: first!.position })).toHaveLength(1);
  expect(thrownBy(() => factsUntil(log, { position: second!.position })).fact).toMatchObject({ type: 'CallEnded' });
});
