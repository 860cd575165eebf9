import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { EventStoreDBClient, persistentSubscriptionToStreamSettingsFromDefaults } from '@eventstore/db-client';
import { ServerFeaturesClient } from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import type features from '@eventstore/db-client/generated/serverfeatures_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import { credentials } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { event, newStream, nodeUnderTest, rows } from './node-under-test.ts';

const node = nodeUnderTest();
const address = () => new URL(node.process().url).host;

test('the version is one that tools can compare', async () => {
  const client = new ServerFeaturesClient(address(), credentials.createInsecure());
  const answer = await new Promise<features.SupportedMethods | undefined>((resolve) =>
    client.getSupportedMethods(new shared.Empty(), (_, supported) => resolve(supported)),
  );
  expect(answer?.getEventStoreServerVersion()).toMatch(/^23\.10\.\d+\+embedded$/);
  client.close();
});

test('a client that looks for a cluster finds this node, also behind one that is gone', async () => {
  const stream = newStream('found');
  await node.client().appendToStream(stream, event('A'));
  const { search } = new URL(node.process().url);
  const gone = createServer().listen(0, '127.0.0.1');
  await once(gone, 'listening');
  const { port } = gone.address() as { port: number };
  gone.close();
  for (const hosts of [`esdb+discover://${address()}`, `esdb://127.0.0.1:${port},${address()}`]) {
    const client = EventStoreDBClient.connectionString(`${hosts}${search}&maxDiscoverAttempts=2`);
    expect(await rows(client.readStream(stream))).toEqual(['0 A']);
    await client.dispose();
  }
});

test('what needs a persistent subscription is told that there are none', async () => {
  const message = /UNIMPLEMENTED.*the embedded node has no persistent subscriptions: use a catch-up subscription/;
  const group = `group-${randomUUID()}`;
  const settings = persistentSubscriptionToStreamSettingsFromDefaults();
  await expect(node.client().createPersistentSubscriptionToStream('s', group, settings)).rejects.toThrow(message);
  const subscription = node.client().subscribeToPersistentSubscriptionToStream('s', group);
  const [error] = await once(subscription, 'error');
  expect(error.message).toMatch(message);
});
