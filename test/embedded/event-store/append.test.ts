import {
  ANY,
  type AppendExpectedRevision,
  binaryEvent,
  type EventData,
  MaxAppendSizeExceededError,
  NO_STREAM,
  STREAM_EXISTS,
  StreamDeletedError,
  StreamNotFoundError,
  UnknownError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { describe, expect, test } from 'vitest';
import { collect, event, newStream, nodeUnderTest, rows } from './node-under-test.ts';

const node = nodeUnderTest();
const [a, b, c] = [event('A'), event('B'), event('C')];

// With credentials the client takes the other of its two ways to append.
const paths = [
  ['batch', {}],
  ['single', { credentials: { username: 'any', password: 'any' } }],
] as const;

type Answer = 'appended' | 'wrong revision, actual no_stream' | 'wrong revision, actual 2' | 'deleted';

describe.each(paths)('%s append', (_, path) => {
  const append = (stream: string, events: EventData[], expectedRevision: AppendExpectedRevision) =>
    node.client().appendToStream(stream, events, { expectedRevision, ...path });

  async function answer(stream: string, events: EventData[], expected: AppendExpectedRevision): Promise<Answer> {
    try {
      await append(stream, events, expected);
      return 'appended';
    } catch (error) {
      if (error instanceof StreamDeletedError) return 'deleted';
      if (error instanceof WrongExpectedVersionError) return `wrong revision, actual ${error.actualVersion}` as Answer;
      throw error;
    }
  }

  test.each<[AppendExpectedRevision, Answer]>([
    [ANY, 'appended'],
    [NO_STREAM, 'appended'],
    [STREAM_EXISTS, 'wrong revision, actual no_stream'],
    [0n, 'wrong revision, actual no_stream'],
  ])('a missing stream, expected %s: %s', async (expected, outcome) => {
    expect(await answer(newStream('missing'), [a], expected)).toBe(outcome);
  });

  test.each<[AppendExpectedRevision, Answer]>([
    [ANY, 'appended'],
    [NO_STREAM, 'wrong revision, actual 2'],
    [STREAM_EXISTS, 'appended'],
    [1n, 'wrong revision, actual 2'],
    [2n, 'appended'],
    [3n, 'wrong revision, actual 2'],
  ])('a stream at revision 2, expected %s: %s', async (expected, outcome) => {
    const stream = newStream('existing');
    await append(stream, [event('A'), event('B'), event('C')], NO_STREAM);
    expect(await answer(stream, [event('D')], expected)).toBe(outcome);
  });

  test.each([ANY, NO_STREAM, 0n] as const)('a tombstoned stream, expected %s: deleted', async (expected) => {
    const stream = newStream('tombstoned');
    await append(stream, [event('A')], NO_STREAM);
    await node.client().tombstoneStream(stream);
    expect(await answer(stream, [event('B')], expected)).toBe('deleted');
  });

  test('a repeat with no_stream is answered as the first time and writes nothing', async () => {
    const stream = newStream('repeat');
    const first = await append(stream, [a, b, c], NO_STREAM);
    expect(await append(stream, [a, b, c], NO_STREAM)).toEqual(first);
    expect(await rows(node.client().readStream(stream))).toEqual(['0 A', '1 B', '2 C']);
  });

  test('a repeat at the revision of the first time is recognised, also when the stream has moved on', async () => {
    const stream = newStream('repeat at revision');
    const [second, third] = [event('B'), event('C')];
    await append(stream, [event('A')], NO_STREAM);
    const first = await append(stream, [second], 0n);
    await append(stream, [third], 1n);
    expect(await append(stream, [second], 0n)).toEqual(first);
    expect(await rows(node.client().readStream(stream))).toEqual(['0 A', '1 B', '2 C']);
  });

  test('a repeat with any is recognised while the node runs', async () => {
    const stream = newStream('repeat with any');
    const events = [event('A'), event('B')];
    const first = await append(stream, events, ANY);
    expect(await append(stream, events, ANY)).toEqual(first);
  });

  test('a known and a new event together are refused', async () => {
    const stream = newStream('known and new');
    const known = event('A');
    await append(stream, [known], NO_STREAM);
    expect(await answer(stream, [known, event('B')], NO_STREAM)).toMatch('wrong revision');
  });

  test('two identical appends in flight store one', async () => {
    const stream = newStream('twins');
    const twin = event('A');
    const answers = await Promise.all([1, 2, 3].map(() => append(stream, [twin], NO_STREAM)));
    expect(new Set(answers.map(({ position }) => position?.commit)).size).toBe(1);
    expect(await rows(node.client().readStream(stream))).toEqual(['0 A']);
  });

  test('the events of one append stand together in $all, and positions grow', async () => {
    const streams = Array.from({ length: 8 }, () => newStream('together'));
    const from = (await append(newStream('mark'), [event('Mark')], ANY)).position!;
    const answers = await Promise.all(
      streams.map((stream) => append(stream, [event('A'), event('B'), event('C')], NO_STREAM)),
    );
    const all = (await collect(node.client().readAll({ fromPosition: from }))).slice(1).map(({ event }) => event!);
    expect(all).toHaveLength(24);
    for (const [i, { position, streamId, type }] of all.entries()) {
      expect(type).toBe('ABC'[i % 3]);
      expect(streamId).toBe(all[i - (i % 3)]!.streamId);
      if (i > 0) expect(position!.commit).toBeGreaterThan(all[i - 1]!.position!.commit);
    }
    const lastOfEach = all.filter(({ type }) => type === 'C').map(({ position }) => position);
    expect(answers.map(({ position }) => position)).toEqual(expect.arrayContaining(lastOfEach));
  });

  test('an append above 1 MiB is refused whole', async () => {
    const stream = newStream('large');
    const half = () => binaryEvent({ type: 'Half', data: new Uint8Array(524_289) });
    await expect(append(stream, [event('Small'), half(), half()], ANY)).rejects.toThrow(MaxAppendSizeExceededError);
    await expect(collect(node.client().readStream(stream))).rejects.toThrow(StreamNotFoundError);
    await append(stream, [half()], NO_STREAM);
  });

  test('an id that is no UUID is refused', async () => {
    const broken = { ...event('A'), id: 'not-a-uuid' };
    await expect(append(newStream('broken id'), [broken], ANY)).rejects.toThrow(UnknownError);
  });
});

test('bytes, JSON and metadata come back as they went in', async () => {
  const stream = newStream('shapes ☎️');
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  await node
    .client()
    .appendToStream(stream, [
      { ...event('Größe', { ü: ['☎️', null, 1.5] }), metadata: { $correlationId: 'c' } },
      binaryEvent({ type: 'Bytes', data: bytes, metadata: Uint8Array.from([1, 255]) }),
    ]);
  const [json, binary] = (await collect(node.client().readStream(stream))).map(({ event }) => event!);
  expect(json).toMatchObject({ streamId: stream, type: 'Größe', data: { ü: ['☎️', null, 1.5] }, isJson: true });
  expect(json!.metadata).toEqual({ $correlationId: 'c' });
  expect(Math.abs(json!.created.getTime() - Date.now())).toBeLessThan(60_000);
  expect(Buffer.from(binary!.data as Uint8Array)).toEqual(Buffer.from(bytes));
  expect(Buffer.from(binary!.metadata as Uint8Array)).toEqual(Buffer.from([1, 255]));
});
