import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { concurrencyLimit, keyedMutex } from '../../src/events/concurrency-limit.ts';
import { places, shares } from '../../src/events/shares.ts';

const tooLate = () => new Error('too late');

test('so many are under way at once; the others follow in the order in which they came', async () => {
  const enter = concurrencyLimit({ slots: places(2), queueMs: 30_000, holdMs: 30_000, tooLate });
  const begun: number[] = [];
  const leaves: (() => void)[] = [];
  const all = [0, 1, 2, 3, 4].map(async (n) => {
    const leave = await enter();
    begun.push(n);
    leaves.push(leave);
  });
  await sleep(0);
  expect(begun).toEqual([0, 1]);
  leaves[1]!();
  leaves[1]!(); // a place is given back once
  await sleep(0);
  expect(begun).toEqual([0, 1, 2]);
  for (const leave of [...leaves]) leave();
  await Promise.all(all);
  expect(begun).toEqual([0, 1, 2, 3, 4]);
});

test('two that ask in one turn begin in that order, though there is one place for both', async () => {
  const enter = concurrencyLimit({ slots: places(1), queueMs: 30_000, holdMs: 30_000, tooLate });
  const begun: string[] = [];
  const work = async (name: string) => {
    const leave = await enter();
    begun.push(name);
    leave();
  };
  await Promise.all(['evidence', 'fact', 'evidence', 'fact'].map(work));
  expect(begun).toEqual(['evidence', 'fact', 'evidence', 'fact']);
});

test('who stands in line for too long is told so, and takes no place afterwards', async () => {
  const enter = concurrencyLimit({ slots: places(1), queueMs: 20, holdMs: 30_000, tooLate });
  const leave = await enter();
  await expect(enter()).rejects.toThrow('too late');
  leave();
  (await enter())();
  (await enter())();
});

test('a place that nobody gives back is free after its time', async () => {
  const enter = concurrencyLimit({ slots: places(1), queueMs: 30_000, holdMs: 20, tooLate });
  const first = await enter();
  const second = await enter();
  first(); // late: it is not the second one's place that it gives back
  let isThird = false;
  const third = enter().then((leave) => {
    isThird = true;
    return leave;
  });
  await sleep(0);
  expect(isThird).toBe(false);
  second();
  (await third)();
});

test('tenants take turns, so that one with many does not keep another waiting', async () => {
  const enter = concurrencyLimit({ slots: places(1), queueMs: 30_000, holdMs: 30_000, tooLate });
  const begun: string[] = [];
  const work = async (who: string, name: string) => {
    const leave = await enter(who);
    begun.push(name);
    await sleep(0);
    leave();
  };
  const hostile = ['h1', 'h2', 'h3', 'h4'].map((name) => work('hostile', name));
  await Promise.all([...hostile, work('other', 'o1'), work('third', 't1'), work('other', 'o2')]);
  expect(begun).toEqual(['h1', 'h2', 'o1', 't1', 'h3', 'o2', 'h4']);
});

test('where slots are shared, one tenant gets half of them at most, and the others begin at once', async () => {
  const enter = concurrencyLimit({ slots: shares(8), queueMs: 30_000, holdMs: 30_000, tooLate });
  const begun: string[] = [];
  const leaves: (() => void)[] = [];
  const wait = async (who: string) => {
    leaves.push(await enter(who));
    begun.push(who);
  };
  const all = [...Array(6).fill('hostile'), 'a', 'a', 'a', 'b', 'c', 'c'].map(wait);
  await sleep(0);
  expect(begun).toEqual(['hostile', 'hostile', 'hostile', 'hostile', 'a', 'a', 'b', 'c']);
  while (leaves.length > 0) {
    leaves.shift()!();
    await sleep(0);
  }
  await Promise.all(all);
  expect(begun.filter((who) => who === 'hostile')).toHaveLength(6);
});

test('those who take turns under a key wait for each other, whatever becomes of the one before', async () => {
  const turns = keyedMutex();
  const seen: string[] = [];
  const step = (name: string, fails = false) =>
    turns.run('a', async () => {
      seen.push(`${name} begins`);
      await new Promise(setImmediate);
      seen.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    });
  const all = await Promise.allSettled([step('one'), step('two', true), step('three')]);
  expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(seen).toEqual(['one', 'two', 'three'].flatMap((name) => [`${name} begins`, `${name} ends`]));
});
