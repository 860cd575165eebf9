import type { EventStoreDBClient } from '@eventstore/db-client';
import { expect, test } from 'vitest';
import { EventStoreNotWriting } from '../../src/events/event-log.ts';
import { scavenge } from '../../src/events/scavenging.ts';

const denied = Object.assign(new Error('Access Denied'), { type: 'access-denied', code: 7 });
const clientThat = (execute: () => Promise<unknown>) =>
  ({ execute, callArguments: () => [] }) as unknown as EventStoreDBClient;

test('whose user may not start a scavenge waits for one by hand', async () => {
  const client = clientThat(async () => {
    throw new EventStoreNotWriting('start a scavenge', 'access denied', { cause: denied });
  });
  expect(await scavenge(client, async () => [], 5n)).toBe('by_hand');
});

test('whose user may not see a scavenge waits for one by hand, and starts none that it would not see end', async () => {
  let started = 0;
  const client = clientThat(async () => ++started);
  const read = async () => {
    throw new EventStoreNotWriting('read $scavengePoints', 'access denied', { cause: denied });
  };
  expect(await scavenge(client, read, 5n)).toBe('by_hand');
  expect(started).toBe(0);
});

test('a scavenge that was started is waited for', async () => {
  let started = 0;
  expect(
    await scavenge(
      clientThat(async () => ++started),
      async () => [],
      5n,
    ),
  ).toBe('pending');
  expect(started).toBe(1);
});
