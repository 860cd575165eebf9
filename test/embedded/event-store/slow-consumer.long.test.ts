import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { binaryEvent, jsonEvent, START, streamNameFilter, TimeoutError } from '@eventstore/db-client';
import { expect, test } from 'vitest';
import { eventually, newStream, nodeUnderTest } from './node-under-test.ts';

const node = nodeUnderTest();

const residentMegabytes = (): number =>
  Number(execFileSync('ps', ['-o', 'rss=', '-p', `${node.process().pid}`]).toString()) / 1024;

/** Events of a megabyte: three times as many would be held for the three who read nothing. */
const HISTORY = 70;

test('a consumer that stops in the middle of history costs the node no memory, and gets all of it later', async () => {
  const stream = newStream('history');
  const large = new Uint8Array(1_000_000);
  for (let i = 0; i < HISTORY; i++)
    await node.client().appendToStream(stream, [binaryEvent({ type: 'Large', data: large })]);
  const before = residentMegabytes();

  const stalled = Array.from({ length: 3 }, () => node.client().subscribeToStream(stream, { fromRevision: START }));
  await sleep(1500); // in which its memory may not grow
  expect(residentMegabytes() - before).toBeLessThan(120);

  let received = 0;
  stalled[0]!.on('data', () => received++);
  await eventually(() => expect(received).toBe(HISTORY), 20_000);
  for (const subscription of stalled) await subscription.unsubscribe();
});

test('a live consumer that does not read is dropped, and misses nothing when it subscribes again', async () => {
  const stream = newStream('live');
  const filter = streamNameFilter({ prefixes: [stream] });
  const handled: bigint[] = [];
  const stalled = node.client().subscribeToAll({ filter });
  const errors: Error[] = [];
  stalled.on('error', (error) => errors.push(error));
  let live = false;
  stalled.on('caughtUp', () => {
    live = true;
  });
  await eventually(() => expect(live).toBe(true));

  const pad = 'x'.repeat(900);
  for (let i = 0; i < 60; i++)
    await node.client().appendToStream(
      stream,
      Array.from({ length: 200 }, () => jsonEvent({ type: 'E', data: { pad } })),
    );
  let last = 0n;
  stalled.on('data', ({ event }) => {
    handled.push(event!.revision);
    last = event!.position!.commit;
  });
  await eventually(() => expect(errors).toHaveLength(1));
  expect(errors[0]).toBeInstanceOf(TimeoutError);
  expect(handled.length).toBeLessThan(12_000);

  const again = node.client().subscribeToAll({ fromPosition: { commit: last, prepare: last }, filter });
  again.on('data', ({ event }) => handled.push(event!.revision));
  await eventually(() => expect(handled).toHaveLength(12_000), 20_000);
  expect(handled.every((revision, i) => revision === BigInt(i))).toBe(true);
  await again.unsubscribe();
});
