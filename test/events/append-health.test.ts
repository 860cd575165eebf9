import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type AppendHealth, appendHealth, appendsFail } from '../../src/events/append-health.ts';
import {
  asOurs,
  EventStoreNotWriting,
  EventStoreOverloaded,
  EventStoreTimeout,
  StreamDeleted,
} from '../../src/events/event-store-errors.ts';

const changes: AppendHealth[] = [];
let probes = 0;
let probe: () => Promise<void>;
let health: ReturnType<typeof appendHealth>;
beforeEach(() => {
  vi.useFakeTimers();
  changes.length = 0;
  probes = 0;
  probe = async () => health.failed(full);
  health = appendHealth(
    () => {
      probes++;
      return probe();
    },
    (change) => changes.push(change),
  );
});
afterEach(() => {
  health.stop();
  vi.useRealTimers();
});

const full = new EventStoreNotWriting('append to call-acme.1', 'the disk is full');
const fails = () => appendsFail(health.now());
const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1000);

test('appends that fail for over five seconds are told once, with the reason, and so is their end', async () => {
  const failingSince = new Date();
  health.failed(full);
  await seconds(4);
  expect([fails(), health.now()]).toEqual([false, { failingSince, reason: 'the disk is full' }]);
  await seconds(60);
  expect([fails(), changes]).toEqual([true, [{ failingSince, reason: 'the disk is full' }]]);

  health.appended(7n);
  expect([fails(), health.now(), changes.slice(1)]).toEqual([false, {}, [{}]]);
  await seconds(60);
  expect(changes).toHaveLength(2);
});

test('a probe finds out that the store writes again where nobody appends, and ends then', async () => {
  health.failed(full);
  await seconds(20);
  expect([fails(), probes]).toEqual([true, 10]);
  probe = async () => health.appended(9n);
  await seconds(2);
  expect([fails(), probes]).toEqual([false, 11]);
  await seconds(60);
  expect(probes).toBe(11);
});

test('one append that fails by chance is no episode', async () => {
  probe = async () => health.appended(9n);
  health.failed(new EventStoreTimeout('append to call-acme.1: no answer in 3000 ms'));
  await seconds(60);
  expect([changes, probes]).toEqual([[], 1]);
});

test('a probe that hangs is not sent again meanwhile', async () => {
  probe = () => new Promise(() => {});
  health.failed(full);
  await seconds(60);
  expect(probes).toBe(1);
});

test('after the end nothing is probed, whatever fails still', async () => {
  health.failed(full);
  health.stop();
  health.failed(full);
  await seconds(60);
  expect(probes).toBe(0);
});

test('a repeat, which is acknowledged without being written, ends nothing', async () => {
  health.appended(5n);
  health.seen(8n); // by another process
  health.failed(full);
  await seconds(6);
  for (const position of [undefined, 3n, 5n, 8n]) health.appended(position);
  expect(fails()).toBe(true);
  health.appended(9n);
  expect(fails()).toBe(false);
});

const typed = (type: string, message = 'x') => asOurs({ type, message }, 'append to call-acme.1');

test.each([
  ['no answer', new EventStoreTimeout('append to call-acme.1: no answer in 3000 ms'), 'no answer in time'],
  ['a deadline', typed('deadline-exceeded'), 'the store answers "deadline-exceeded"'],
  ['an odd answer', typed('unknown'), 'the store answers "unknown"'],
  ['no leader', typed('unknown', 'Could not recognize Server Is Not Ready'), 'the store answers "Server Is Not Ready"'],
  ['a refusal', typed('access-denied'), 'access denied'],
])('%s counts, in words without ids', (_, error, reason) => {
  health.failed(error);
  expect(health.now().reason).toBe(reason);
});

test.each([
  ['a stream that was deleted', new StreamDeleted('append to call-acme.1: gone')],
  ['what was not sent', new EventStoreOverloaded('no room')],
  ['a lost connection', asOurs({ code: 14, message: '14 UNAVAILABLE: No connection' }, 'append to call-acme.1')],
  ['a mistake of ours', new TypeError('no')],
])('%s does not count', (_, error) => {
  health.failed(error);
  expect(health.now()).toEqual({});
});
