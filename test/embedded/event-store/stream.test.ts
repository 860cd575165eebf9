import { once } from 'node:events';
import {
  BACKWARDS,
  END,
  FORWARDS,
  NO_STREAM,
  StreamDeletedError,
  StreamNotFoundError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { expect, test } from 'vitest';
import { collect, event, newStream, nodeUnderTest, rows } from './node-under-test.ts';

const node = nodeUnderTest();
const read = (stream: string, options = {}) => rows(node.client().readStream(stream, options));

async function streamOf(...types: string[]): Promise<string> {
  const stream = newStream('stream');
  await node.client().appendToStream(
    stream,
    types.map((type) => event(type)),
  );
  return stream;
}

test.each([
  [{ fromRevision: 1n }, ['1 B', '2 C']],
  [{ fromRevision: 1n, maxCount: 1 }, ['1 B']],
  [{ fromRevision: 3n }, []],
  [{ direction: BACKWARDS, fromRevision: END }, ['2 C', '1 B', '0 A']],
  [{ direction: BACKWARDS, fromRevision: 1n }, ['1 B', '0 A']],
  [{ direction: BACKWARDS, fromRevision: 9n, maxCount: 1 }, ['2 C']],
])('a read of %o', async (options, expected) => {
  expect(await read(await streamOf('A', 'B', 'C'), options)).toEqual(expected);
});

test('$all forwards from a position has its event, backwards it does not', async () => {
  const stream = newStream('all');
  const ends: bigint[] = [];
  for (const type of ['A', 'B', 'C'])
    ends.push((await node.client().appendToStream(stream, event(type))).position!.commit);
  const fromPosition = { commit: ends[1]!, prepare: ends[1]! };
  const all = (direction: typeof FORWARDS | typeof BACKWARDS) =>
    rows(node.client().readAll({ fromPosition, direction, maxCount: 2 }));
  expect(await all(FORWARDS)).toEqual(['1 B', '2 C']);
  expect((await all(BACKWARDS))[0]).toBe('0 A');
});

test('$all from a position that never was an event’s is refused, in either direction and followed too', async () => {
  const stream = newStream('holes');
  await node.client().appendToStream(stream, event('A'));
  const fromPosition = (await node.client().appendToStream(stream, [])).position!;
  await node.client().appendToStream(stream, event('B'));
  const refusal = 'INVALID_ARGUMENT: Trying to read from an invalid position.';
  for (const direction of [FORWARDS, BACKWARDS] as const)
    await expect(rows(node.client().readAll({ fromPosition, direction }))).rejects.toThrow(refusal);
  const [error] = await once(node.client().subscribeToAll({ fromPosition }), 'error');
  expect(error.message).toContain(refusal);
});

test.each([
  ['the beginning', async () => 0n],
  [
    'beyond the end',
    async () => (await node.client().appendToStream(newStream('end'), event('A'))).position!.commit + 9n,
  ],
])('$all from %s is no such position', async (_, positionOf) => {
  const commit = await positionOf();
  await collect(node.client().readAll({ fromPosition: { commit, prepare: commit }, maxCount: 1 }));
  const subscription = node.client().subscribeToAll({ fromPosition: { commit, prepare: commit } });
  await once(subscription.resume(), 'caughtUp');
  await subscription.unsubscribe();
});

test('a long stream is read to its end in both directions', async () => {
  const stream = newStream('long');
  for (let i = 0; i < 3; i++)
    await node.client().appendToStream(
      stream,
      Array.from({ length: 500 }, () => event('E')),
    );
  const forwards = await read(stream);
  expect(forwards).toEqual(Array.from({ length: 1500 }, (_, i) => `${i} E`));
  expect(await read(stream, { direction: BACKWARDS, fromRevision: END })).toEqual(forwards.toReversed());
});

test('a missing stream is not found', async () => {
  await expect(read(newStream('missing'))).rejects.toThrow(StreamNotFoundError);
});

test('a deleted stream is not found, and goes on after its last revision when it is appended to again', async () => {
  const stream = await streamOf('A', 'B');
  await node.client().deleteStream(stream);
  await expect(read(stream)).rejects.toThrow(StreamNotFoundError);
  await node.client().appendToStream(stream, event('C'), { expectedRevision: NO_STREAM });
  expect(await read(stream)).toEqual(['2 C']);
  expect((await node.client().getStreamMetadata(stream)).metadata).toEqual({ truncateBefore: 2 });
});

test('deleting a missing stream is a wrong expectation', async () => {
  await expect(node.client().deleteStream(newStream('missing'))).rejects.toThrow(WrongExpectedVersionError);
});

test('a stream of which there is only metadata can be deleted', async () => {
  const stream = newStream('only metadata');
  await node.client().setStreamMetadata(stream, { maxCount: 3 });
  await node.client().deleteStream(stream);
  await expect(read(stream)).rejects.toThrow(StreamNotFoundError);
  await node.client().appendToStream(stream, event('A'), { expectedRevision: NO_STREAM });
  expect(await read(stream)).toEqual(['0 A']);
});

test('a tombstoned stream is deleted for good', async () => {
  const stream = await streamOf('A');
  await node.client().tombstoneStream(stream, { expectedRevision: 0n });
  await expect(read(stream)).rejects.toThrow(StreamDeletedError);
  await expect(node.client().deleteStream(stream)).rejects.toThrow(StreamDeletedError);
  await expect(node.client().getStreamMetadata(stream)).rejects.toThrow(StreamDeletedError);
});

test.each([
  [{ maxCount: 2 }, ['1 B', '2 C']],
  [{ truncateBefore: 2 }, ['2 C']],
  [{ maxAge: 1000 }, ['0 A', '1 B', '2 C']],
  [{ maxCount: -1 }, ['0 A', '1 B', '2 C']],
])('metadata %o decides what is shown, until it is taken away', async (metadata, expected) => {
  const stream = await streamOf('A', 'B', 'C');
  await node.client().setStreamMetadata(stream, metadata);
  expect(await read(stream)).toEqual(expected);
  await node.client().setStreamMetadata(stream, {});
  expect(await read(stream)).toEqual(['0 A', '1 B', '2 C']);
});

test('events older than $maxAge are not shown', async () => {
  const stream = await streamOf('A');
  await node.client().setStreamMetadata(stream, { maxAge: 1 });
  await expect.poll(() => read(stream)).toEqual([]);
});
