import { type AllStreamSubscription, END, type Position, START, streamNameFilter } from '@eventstore/db-client';
import { expect, test } from 'vitest';
import { event, eventually, newStream, nodeUnderTest } from './node-under-test.ts';

const node = nodeUnderTest();

const append = async (stream: string, ...types: string[]): Promise<Position> => {
  const { position } = await node.client().appendToStream(
    stream,
    types.map((type) => event(type)),
  );
  return position!;
};

/** Notes what a subscription says, in its order. */
function listen(subscription: ReturnType<typeof subscribe> | AllStreamSubscription) {
  const said: string[] = [];
  subscription.on('confirmation', () => said.push('confirmation'));
  subscription.on('caughtUp', () => said.push('caught up'));
  subscription.on('data', ({ event }) => said.push(event!.type));
  subscription.on('error', (error) => said.push(error.constructor.name));
  return said;
}

const subscribe = (stream: string, fromRevision: bigint | typeof START | typeof END) =>
  node.client().subscribeToStream(stream, { fromRevision });

test.each([
  [START, ['confirmation', 'A', 'B', 'C', 'caught up', 'D']],
  [0n, ['confirmation', 'B', 'C', 'caught up', 'D']],
  [2n, ['confirmation', 'caught up', 'D']],
  [END, ['confirmation', 'caught up', 'D']],
] as const)('a subscription to a stream after revision %s', async (from, expected) => {
  const stream = newStream('followed');
  await append(stream, 'A', 'B', 'C');
  const subscription = subscribe(stream, from);
  const said = listen(subscription);
  await eventually(() => expect(said).toContain('caught up'));
  await append(stream, 'D');
  await eventually(() => expect(said).toEqual(expected));
  await subscription.unsubscribe();
});

test('a missing stream is waited for', async () => {
  const stream = newStream('not yet');
  const subscription = subscribe(stream, START);
  const said = listen(subscription);
  await eventually(() => expect(said).toEqual(['confirmation']));
  await append(stream, 'A', 'B');
  await eventually(() => expect(said).toEqual(['confirmation', 'A', 'B', 'caught up']));
  await subscription.unsubscribe();
});

test('a subscription to $all after a position begins with the next event', async () => {
  const stream = newStream('all');
  const first = await append(stream, 'A');
  const second = await append(stream, 'B');
  await append(stream, 'C');
  for (const [position, expected] of [
    [first, ['B', 'C']],
    [second, ['C']],
  ] as const) {
    const subscription = node.client().subscribeToAll({ fromPosition: position });
    const said = listen(subscription);
    await eventually(() => expect(said).toEqual(['confirmation', ...expected, 'caught up']));
    await subscription.unsubscribe();
  }
});

test('a filtered subscription delivers what matches, and a checkpoint for what was considered', async () => {
  const [hit, miss] = [newStream('hit'), newStream('miss')];
  const from = await append(newStream('mark'), 'Mark');
  const positions: Position[] = [];
  const write = async () => positions.push(await append(positions.length % 5 ? miss : hit, 'E'));
  for (let i = 0; i < 40; i++) await write();

  const checkpoints: { readonly position: Position; readonly after: number }[] = [];
  const said: string[] = [];
  const subscription = node.client().subscribeToAll({
    fromPosition: from,
    filter: streamNameFilter({
      prefixes: [hit],
      maxSearchWindow: 5,
      checkpointInterval: 2,
      checkpointReached: async (_, position) => void checkpoints.push({ position, after: said.length }),
    }),
  });
  subscription.on('caughtUp', () => said.push('caught up'));
  subscription.on('data', ({ event }) => said.push(event!.streamId));
  await eventually(() => expect(said).toEqual([...Array(8).fill(hit), 'caught up']));
  for (let i = 0; i < 20; i++) await write();
  await eventually(() => expect(checkpoints).toHaveLength(6));
  await subscription.unsubscribe();

  // One for every ten events considered, at the tenth, after what matched up to there.
  expect(checkpoints.map(({ position }) => position.commit)).toEqual(
    [9, 19, 29, 39, 49, 59].map((i) => positions[i]!.commit),
  );
  expect(checkpoints.map(({ after }) => after)).toEqual([2, 4, 6, 8, 11, 13]);
});

test('resuming from any checkpoint misses nothing and repeats nothing', async () => {
  const [hit, miss] = [newStream('hit'), newStream('miss')];
  const from = await append(newStream('mark'), 'Mark');
  const written: { readonly type: string; readonly position: Position }[] = [];
  for (let i = 0; i < 30; i++) written.push({ type: `${i}`, position: await append(i % 3 ? miss : hit, `${i}`) });
  const filter = (checkpointReached?: (position: Position) => void) =>
    streamNameFilter({
      prefixes: [hit],
      maxSearchWindow: 4,
      checkpointReached: async (_, position) => checkpointReached?.(position),
    });

  const checkpoints: Position[] = [];
  const first = node.client().subscribeToAll({ fromPosition: from, filter: filter((at) => checkpoints.push(at)) });
  const said = listen(first);
  await eventually(() => expect(said).toContain('caught up'));
  await first.unsubscribe();
  expect(checkpoints).toHaveLength(7);

  for (const checkpoint of checkpoints) {
    const resumed = node.client().subscribeToAll({ fromPosition: checkpoint, filter: filter() });
    const heard = listen(resumed);
    await eventually(() => expect(heard).toContain('caught up'));
    await resumed.unsubscribe();
    const rest = written.filter(({ position }, i) => i % 3 === 0 && position.commit > checkpoint.commit);
    expect(heard).toEqual(['confirmation', ...rest.map(({ type }) => type), 'caught up']);
  }
});

test('a subscription that begins in the middle of writing gets each event once, in order', async () => {
  const prefix = newStream('busy');
  const from = await append(newStream('mark'), 'Mark');
  const writing = Promise.all(
    Array.from({ length: 8 }, async (_, w) => {
      for (let i = 0; i < 40; i++) await append(`${prefix}.${w}`, 'E');
    }),
  );
  const subscription = node
    .client()
    .subscribeToAll({ fromPosition: from, filter: streamNameFilter({ prefixes: [`${prefix}.`] }) });
  const positions: bigint[] = [];
  subscription.on('data', ({ event }) => positions.push(event!.position!.commit));
  await writing;
  await eventually(() => expect(positions).toHaveLength(320));
  expect(positions.every((position, i) => i === 0 || position > positions[i - 1]!)).toBe(true);
  await subscription.unsubscribe();
});

test('a tombstone is the last event of a subscription to the stream', async () => {
  const stream = newStream('ending');
  await append(stream, 'A');
  const said = listen(subscribe(stream, START));
  await eventually(() => expect(said).toContain('caught up'));
  await node.client().tombstoneStream(stream);
  await eventually(() =>
    expect(said).toEqual(['confirmation', 'A', 'caught up', '$streamDeleted', 'StreamDeletedError']),
  );
});

test('a subscription to a tombstoned stream is refused', async () => {
  const stream = newStream('gone');
  await append(stream, 'A');
  await node.client().tombstoneStream(stream);
  const said = listen(subscribe(stream, START));
  await eventually(() => expect(said).toEqual(['StreamDeletedError']));
});
