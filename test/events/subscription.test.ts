import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventStoreDBClient } from '@eventstore/db-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EventLog, LogReplaced } from '../../src/events/event-log.ts';
import { type Subscription, type SubscriptionOptions, subscribe } from '../../src/events/subscription.ts';
import { patientLog } from '../support/patient-log.ts';
import { type RestorableStore, startRestorableStore } from '../support/restorable-store.ts';

const prefixes = ['call-'];
const firstOf = async (subscription: Subscription) => {
  for await (const batch of subscription) return batch;
  return undefined;
};

/** A server that knows no event at the position asked for, as KurrentDB answers; and how often it was asked. */
function strangerTo(position: bigint) {
  let asked = 0;
  const refuse = () => {
    asked++;
    const stream = Object.assign(new PassThrough({ objectMode: true }), {
      unsubscribe: async () => {},
      cancel: async () => {},
    });
    setImmediate(() => stream.destroy(new Error('3 INVALID_ARGUMENT: Trying to read from an invalid position')));
    return stream;
  };
  const client = { subscribeToAll: refuse, readAll: refuse } as unknown as EventStoreDBClient;
  const holdsNot = async () => {
    asked++;
    return false;
  };
  const open = (options: Partial<SubscriptionOptions>) =>
    firstOf(
      subscribe(client, holdsNot, { prefixes, after: position, signal: AbortSignal.timeout(20_000), ...options }),
    );
  return { open, asked: () => asked };
}

test.each([
  ['its event is known', { place: { position: 5n, id: '3f0e8f6e-3c56-4be5-9f5e-3f2c0f1d7a11' } }],
  ['its event is not known', {}],
])('a server that has no event at the position is not asked again and again; %s', async (_, known) => {
  const { open, asked } = strangerTo(5n);
  const broken: unknown[] = [];
  await expect(open({ ...known, onBreak: (error) => broken.push(error) })).rejects.toThrow(LogReplaced);
  expect(asked()).toBe(1);
  expect(broken).toEqual([]);
});

test('once caught up, a batch gathers what follows from its first event', async () => {
  const stream = Object.assign(new PassThrough({ objectMode: true }), { unsubscribe: async () => {} });
  const client = { subscribeToAll: () => stream } as unknown as EventStoreDBClient;
  const arrives = (id: string) =>
    stream.write({
      event: { id, streamId: 'call-acme.1', revision: 0n, created: new Date(), position: { commit: 1n } },
    });
  const signal = AbortSignal.timeout(20_000);
  const batches = subscribe(client, async () => true, { prefixes, signal, gatherMs: 200 });
  setImmediate(() => stream.emit('caughtUp'));
  expect(await batches.next()).toMatchObject({ value: { events: [], caughtUp: true } });
  setTimeout(arrives, 20, 'linked');
  arrives('started');
  const { value } = await batches.next();
  expect(value?.events.map(({ id }) => id)).toEqual(['started', 'linked']);

  // While the batch before was handled, the next has gathered.
  arrives('ended');
  await sleep(300);
  const atOnce = await Promise.race([batches.next(), sleep(100)]);
  expect(atOnce?.value?.events).toMatchObject([{ id: 'ended' }]);
  await batches.return();
});

let store: RestorableStore;
let log: EventLog;
beforeAll(async () => {
  store = await startRestorableStore();
  log = patientLog(store.url);
});
afterAll(async () => {
  await log.close();
  await store.stop();
});
const say = async (...ids: string[]) => {
  for (const id of ids)
    await log.append(`call-acme.${id}`, 'no_stream', [
      { id: crypto.randomUUID(), type: 'Noise', data: {}, metadata: {} },
    ]);
};

test('one that goes on at another server looks whether its last event is there, and hands nothing out behind it', async () => {
  await say('kept');
  const backup = await store.backUp();
  await say('lost');
  const signal = AbortSignal.timeout(30_000);
  const handedOut: string[] = [];
  let restored: Promise<void> | undefined;
  const reading = (async () => {
    for await (const { events } of log.subscribe({ prefixes, signal })) {
      handedOut.push(...events.map(({ stream }) => stream));
      if (events.some(({ stream }) => stream.endsWith('lost')))
        restored = store.restore(backup).then(() => say('new_1', 'new_2'));
    }
  })();
  await expect(reading).rejects.toThrow(LogReplaced);
  await restored;
  expect(handedOut).toEqual(['call-acme.kept', 'call-acme.lost']);
  const [kept] = (await log.newest(3)).reverse();
  const after = { prefixes, after: kept!.position, signal };
  const goesOn = await firstOf(log.subscribe({ ...after, place: kept }));
  expect(goesOn?.events[0]).toMatchObject({ stream: 'call-acme.new_1' });
  await expect(firstOf(log.subscribe({ ...after, place: { ...kept!, id: crypto.randomUUID() } }))).rejects.toThrow(
    LogReplaced,
  );
});
