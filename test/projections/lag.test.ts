import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import type { EventLog } from '../../src/events/event-log.ts';
import type { Subscription, SubscriptionOptions } from '../../src/events/subscription.ts';
import { lagsOf } from '../../src/projections/engine/lag.ts';
import { newProgress, observeSilence, type Progress, statusOf } from '../../src/projections/engine/progress.ts';
import { startProjections } from '../../src/projections/engine/start.ts';
import { ended, started } from './controls.ts';
import { logger, storesOfFile } from './stores.ts';
import { tally } from './tally.ts';

const stores = await storesOfFile();

let spoken = 0;
const calls = (count: number) => Array.from({ length: count }, () => started({}, {}, `lag_${spoken++}`));
const other = async (count: number) => {
  const events = Array.from({ length: count }, () => ({
    id: crypto.randomUUID(),
    type: 'Noise',
    data: {},
    metadata: {},
  }));
  await stores.log.append(`noise-${spoken++}`, 'no_stream', events);
};
const prefixes = ['call-'];
const lag = async (checkpoint: bigint | undefined) => (await lagsOf(stores.log, [{ prefixes, checkpoint }]))[0]!;

test('an empty log leaves nobody behind', async () => {
  expect(await lag(undefined)).toEqual({ head: undefined, events: 0, since: undefined, isStale: false });
});

test('the events behind a checkpoint are counted, those of other streams are not', async () => {
  const before = Date.now();
  const first = await stores.say(...calls(1));
  await other(150);
  const last = await stores.say(...calls(3));
  await other(1);
  expect(await lag(first)).toMatchObject({ head: last, events: 3 });
  expect(await lag(undefined)).toMatchObject({ head: last, events: 4 });
  expect(Date.parse((await lag(undefined)).since!)).toBeGreaterThanOrEqual(before - 1000);
  expect(await lag(last)).toEqual({ head: last, events: 0, since: undefined, isStale: false });
});

test('each of several readers is told its own', async () => {
  const first = await stores.say(...calls(1));
  const last = await stores.say(...calls(2));
  const readers = [
    { prefixes, checkpoint: last },
    { prefixes, checkpoint: first },
    { prefixes: ['noise-'], checkpoint: last },
  ];
  expect((await lagsOf(stores.log, readers)).map(({ events }) => events)).toEqual([0, 2, 0]);
});

test('who is further behind than is looked at is told about how far', async () => {
  const first = await stores.say(...calls(1));
  for (let i = 0; i < 20; i++) {
    await other(90);
    await stores.say(...calls(10));
  }
  const { events, since } = await lag(first);
  expect(events).toBeGreaterThan(150);
  expect(events).toBeLessThan(250);
  expect(since).toBeDefined();
});

test('of the parts of long calls a few are looked at, and the lag is an estimate', async () => {
  const events = Array.from({ length: 2000 }, (_, i) => ({
    ...{ stream: 'call-acme.long', type: 'CallTextPart', id: `${i}`, position: BigInt(i), revision: BigInt(i) },
    ...{ data: { text: 'x'.repeat(128 * 1024) }, metadata: {}, recordedAt: new Date().toISOString() },
  }));
  let read = 0;
  const newest: EventLog['newest'] = async (max, before = 2000n) => {
    read += max;
    return events.slice(Number(before) - max, Number(before)).reverse();
  };
  const [found] = await lagsOf({ ...stores.log, newest }, [{ prefixes, checkpoint: 499n }]);
  expect(Math.abs(found!.events - 1500)).toBeLessThan(50);
  expect(read).toBeLessThan(120);
});

/** The log, but of which the subscriptions that there are when it is told to hand nothing out any more. */
function silenced(log: EventLog): { readonly log: EventLog; silence(): void; subscriptions(): number } {
  let count = 0;
  let silent = 0;
  async function* heard(nth: number, options: SubscriptionOptions): Subscription {
    for await (const batch of log.subscribe(options)) {
      if (nth <= silent) break;
      yield batch;
    }
    if (nth > silent || options.signal.aborted) return;
    await new Promise((resolve) => options.signal.addEventListener('abort', resolve));
  }
  return {
    log: { ...log, subscribe: (options) => heard(++count, options) },
    silence: () => {
      silent = count;
    },
    subscriptions: () => count,
  };
}

test('what has only just come is on its way, however long nothing came before', () => {
  const progress: Progress = { ...newProgress(), leader: true, caughtUp: true, askedAt: 0, head: 5n };
  const seen = (head: bigint, now: number) =>
    observeSilence(progress, { head, events: 0, since: undefined, isStale: false }, now, 300);
  expect(seen(5n, 1000)).toBe(false);
  expect(seen(6n, 2000)).toBe(false);
  expect(seen(7n, 2299)).toBe(false);
  expect(seen(7n, 2300)).toBe(true);
  progress.askedAt = 2300; // it has handed something out, or was begun again
  expect(seen(7n, 2400)).toBe(false);
  expect(seen(7n, 2600)).toBe(true);
  progress.head = 7n;
  expect(seen(7n, 3000)).toBe(false);
  expect(seen(8n, 3200)).toBe(false);
  delete progress.askedAt; // what it handed out is being applied
  expect(seen(8n, 9000)).toBe(false);
});

test('what was read from what the log has no more is not caught up, however far it is', () => {
  const state = { state: 'live', caughtUp: true, indexed: true } as const;
  const live = {
    ...state,
    name: 'tally',
    generation: 1,
    version: 1,
    checkpoint: 5n,
    operation: undefined,
    replacedAt: undefined,
  };
  const progress: Progress = { ...newProgress(), caughtUp: true, lagUnknown: false, live };
  expect(statusOf('tally', 1, progress, 0)).toMatchObject({ caughtUp: true });
  expect(statusOf('tally', 1, { ...progress, isStale: true }, 0)).toMatchObject({ caughtUp: false, stale: true });
});

test('a subscription that has gone silent is noticed, and begun again where it stood', async () => {
  const quiet = silenced(stores.log);
  const running = await startProjections({
    ...{ log: quiet.log, databaseUrl: stores.databaseUrl, projections: [tally()], logger },
    options: { watchEveryMs: 50, silentAfterMs: 300 },
  });
  const [one] = calls(1);
  const [, second] = [one!, ended({}, {}, `lag_${spoken - 1}`)];
  expect(await running.waitUntilCaughtUp(await stores.say(one!), 30_000)).toBe(true);
  // Nothing comes, and nothing is waiting: that is no silence.
  const before = quiet.subscriptions();
  await sleep(600);
  expect(quiet.subscriptions()).toBe(before);

  quiet.silence();
  await stores.say(second!);
  await vi.waitFor(() => expect(quiet.subscriptions()).toBeGreaterThan(before), 30_000);
  const facts = () => stores.pool.query('select facts from tally where stream = $1', [second!.stream]);
  await vi.waitFor(async () => expect((await facts()).rows).toEqual([{ facts: 2 }]), 30_000);
  await vi.waitFor(
    () => expect(running.status()[0]).toMatchObject({ lagEvents: 0, lagSeconds: 0, caughtUp: true }),
    30_000,
  );
  await running.stop();
});
