import { binaryEvent, type ResolvedEvent, START, streamNameFilter } from '@eventstore/db-client';
import { beforeAll, expect, test } from 'vitest';
import { collect, event, eventually, newStream, nodeUnderTest } from './node-under-test.ts';

const node = nodeUnderTest();
const link = (place: string) => binaryEvent({ type: '$>', data: Buffer.from(place) });
const named = ({ event, link }: ResolvedEvent) => [event && `${event.revision}@${event.streamId}`, link?.type];

const [target, deleted, gone, links] = ['target', 'deleted', 'gone', 'links'].map(newStream) as [
  string,
  string,
  string,
  string,
];
const expected = [
  [`1@${target}`, '$>'],
  [`3@${links}`, undefined],
  ...Array(6).fill([undefined, '$>']),
  [`0@${target}`, '$>'],
];
beforeAll(async () => {
  const client = node.client();
  for (const stream of [target, deleted, gone]) await client.appendToStream(stream, [event('A'), event('B')]);
  await client.deleteStream(deleted);
  await client.tombstoneStream(gone);
  await client.setStreamMetadata(links, { truncateBefore: 2 });
  await client.appendToStream(links, [link(`0@${target}`), link(`0@${target}`), link(`1@${target}`), event('Plain')]);
  await client.appendToStream(links, [
    ...[`9@${target}`, `0@${deleted}`, `0@${gone}`, '0@nowhere', `0@${links}`, 'no place', `0@${target}`].map(link),
  ]);
});

test('a read resolves links where it is asked to, and says so of what is no longer there', async () => {
  const read = await collect(node.client().readStream(links, { resolveLinkTos: true }));
  expect(read.map(named)).toEqual(expected);
  expect(read[0]?.link).toMatchObject({ streamId: links, revision: 2n });
  expect(read[0]?.event).toEqual((await collect(node.client().readStream(target)))[1]?.event);
});

test('a read that does not ask gets the links themselves', async () => {
  const [first] = await collect(node.client().readStream(links, { maxCount: 1 }));
  expect([first?.event?.type, first?.link]).toEqual(['$>', undefined]);
});

test.each([
  ['the stream', () => node.client().subscribeToStream(links, { fromRevision: START, resolveLinkTos: true })],
  [
    '$all, filtered by the name of the links',
    () => node.client().subscribeToAll({ resolveLinkTos: true, filter: streamNameFilter({ prefixes: [links] }) }),
  ],
])('a subscription to %s resolves links', async (_, subscribe) => {
  const subscription = subscribe();
  const seen: ResolvedEvent[] = [];
  subscription.on('data', (one: ResolvedEvent) => seen.push(one));
  await eventually(() => expect(seen.map(named).slice(-expected.length)).toEqual(expected));
  await subscription.unsubscribe();
});
