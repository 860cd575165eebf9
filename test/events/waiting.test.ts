import { expect, test } from 'vitest';
import { backOff, steps, supervise, waitUntil } from '../../src/events/waiting.ts';

test('back-off grows to its longest wait, and begins anew after a success', () => {
  const waits = backOff([1, 5]);
  expect([waits.nextMs(), waits.nextMs(), waits.nextMs()]).toEqual([1, 5, 5]);
  waits.reset();
  expect(waits.nextMs()).toBe(1);
});

test('supervised work is run again after each failure until it ends by itself', async () => {
  const failures: unknown[] = [];
  let runs = 0;
  const work = async (onWell: () => void) => {
    if (++runs === 3) onWell();
    if (runs < 5) throw runs;
  };
  await supervise(work, {
    ...{ signal: new AbortController().signal, backOffMs: [1, 2, 3] },
    onFailure: (error, retryInMs) => failures.push([error, retryInMs]),
  });
  expect(failures).toEqual([
    [1, 1],
    [2, 2],
    [3, 1],
    [4, 2],
  ]);
});

test('the signal ends a supervised wait at once, and a failure that it causes is none', async () => {
  const stopped = new AbortController();
  const failures: unknown[] = [];
  let runs = 0;
  const work = async () => {
    if (++runs === 2) stopped.abort();
    throw new Error('broken');
  };
  const options = { signal: stopped.signal, backOffMs: [1], onFailure: (error: unknown) => failures.push(error) };
  await supervise(work, options);
  expect([runs, failures.length]).toEqual([2, 1]);

  const another = new AbortController();
  const waiting = supervise(() => Promise.reject(new Error('broken')), {
    ...{ signal: another.signal, backOffMs: [60_000] },
    onFailure: () => setImmediate(() => another.abort()),
  });
  await expect(waiting).resolves.toBeUndefined();
});

test('a condition is checked after each step, long before its interval is over', async () => {
  const batches = steps();
  let position = 0;
  const reached = waitUntil(() => position >= 2, { timeoutMs: 60_000, everyMs: 60_000, steps: batches });
  for (let i = 0; i < 2; i++) {
    await new Promise(setImmediate);
    position++;
    batches.done();
  }
  expect(await reached).toBe(true);
});

test('a step during a check that takes its time is not missed', async () => {
  const batches = steps();
  let checks = 0;
  const condition = async () => {
    if (++checks === 2) return true;
    batches.done();
    return false;
  };
  expect(await waitUntil(condition, { timeoutMs: 60_000, everyMs: 60_000, steps: batches })).toBe(true);
});

test('a wait ends in time, or with the signal, and says that it was in vain', async () => {
  let checks = 0;
  expect(await waitUntil(() => ++checks < 0, { timeoutMs: 20, everyMs: 5 })).toBe(false);
  expect(checks).toBeGreaterThan(1);
  const stopped = new AbortController();
  setImmediate(() => stopped.abort());
  expect(await waitUntil(() => false, { timeoutMs: 60_000, everyMs: 60_000, signal: stopped.signal })).toBe(false);
});
