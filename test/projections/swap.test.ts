import { expect, test, vi } from 'vitest';
import { inTransaction } from '../../src/postgres/connection.ts';
import { advanceCheckpoint } from '../../src/projections/engine/apply.ts';
import type { Projection } from '../../src/projections/engine/projection.ts';
import { readAllTheTime, readerOf, sceneOfFile, slowTally } from './operations-scene.ts';
import { tally } from './tally.ts';

const HOUR_MS = 3_600_000;

const scene = await sceneOfFile();

test('whoever still writes a generation that was replaced by one of its own version is refused', async () => {
  const one = await scene.start();
  await one.waitUntilCaughtUp(await scene.calls(1), 30_000);
  await scene.over(await scene.request('rebuild'));
  await one.stop();
  const [replaced] = await scene.generations();
  const checkpoint = BigInt(replaced!.checkpoint!);
  const advance = (generation: number) =>
    inTransaction(scene.db, (trx) =>
      advanceCheckpoint(
        trx,
        { name: 'tally', generation, checkpoint },
        { position: checkpoint + 1n, id: 'next' },
        true,
      ),
    );
  expect([await advance(1), await advance(2)]).toEqual([false, true]);
});

test('the previous generation catches up before it is live again', async () => {
  const one = await scene.start();
  await one.waitUntilCaughtUp(await scene.calls(5), 30_000);
  await scene.over(await scene.request('rebuild'));
  const position = await scene.calls(5);
  await one.waitUntilCaughtUp(position, 30_000);
  expect((await scene.generations())[0]).not.toMatchObject({ checkpoint: `${position}` });
  expect(await scene.over(await scene.request('swap_back'))).toMatchObject({
    state: 'succeeded',
    result: { generation: 1, replaced: 2 },
  });
  expect(await scene.states()).toEqual({ 1: 'live', 2: 'previous' });
  expect((await scene.generations())[0]).toMatchObject({ checkpoint: `${position}` });
  expect(await one.waitUntilCaughtUp(await scene.calls(1), 30_000)).toBe(true);
  expect(await scene.tallied()).toEqual(scene.all());
});

test('one that is cancelled while it is brought back stays the previous one', async () => {
  const one = await scene.start();
  await scene.over(await scene.request('rebuild'));
  await one.stop();
  // Far behind, as after a long time.
  await scene.pool.query('truncate projection.tally_1_tally, projection.tally_1_streams');
  await scene.pool.query(`update projection.projections set checkpoint = null where generation = 1`);
  await scene.start(slowTally(30));
  const reader = await readerOf(scene.databaseUrl); // as long as it reads, nothing is swapped
  const id = await scene.request('swap_back');
  await scene.begun();
  await scene.cancel(id);
  await vi.waitFor(async () => expect(await scene.states()).toEqual({ 1: 'previous', 2: 'live' }), 30_000);
  await reader.end();
  expect(await scene.over(await scene.request('swap_back'))).toMatchObject({ state: 'succeeded' });
  expect(await scene.tallied()).toEqual(scene.all());
});

test('what was never rebuilt cannot be swapped back', async () => {
  await scene.start();
  expect(await scene.over(await scene.request('swap_back'))).toMatchObject({
    state: 'failed',
    error: { code: 'nothing_to_swap_back' },
  });
  expect(await scene.states()).toEqual({ 1: 'live' });
});

test('the previous generation is there for its time, and then gone', async () => {
  let now = Date.now();
  await scene.start(tally() as Projection, { keepMs: 24 * HOUR_MS, now: () => now });
  await scene.over(await scene.request('rebuild'));
  now += 23 * HOUR_MS;
  await scene.over(await scene.request('swap_back'));
  expect(await scene.states()).toEqual({ 1: 'live', 2: 'previous' });
  now += 2 * HOUR_MS;
  await vi.waitFor(async () => expect(await scene.states()).toEqual({ 1: 'live' }), 30_000);
  expect(await scene.tables()).toEqual(['tally_1_streams', 'tally_1_tally']);
});

/** Someone in a transaction that has read the view, and stays open. */
test('a reader who holds a view open for long is waited for, and meanwhile everything goes on', async () => {
  const one = await scene.start();
  await one.waitUntilCaughtUp(await scene.calls(3), 30_000);
  const reader = await readerOf(scene.databaseUrl);
  const id = await scene.request('rebuild');
  // Built, and not shown: it has been tried, and Postgres has refused to wait any longer.
  await vi.waitFor(async () => {
    const [live, built] = await scene.generations();
    expect([live!.state, built?.state, built?.checkpoint]).toEqual(['live', 'building', live!.checkpoint]);
  }, 30_000);
  expect(await one.waitUntilCaughtUp(await scene.calls(2), 30_000)).toBe(true);
  await vi.waitFor(async () => {
    const [live, built] = await scene.generations();
    expect(built!.checkpoint).toBe(live!.checkpoint);
  }, 30_000);
  expect(await scene.operation(id)).toMatchObject({ state: 'running' });
  expect(await scene.tallied()).toEqual(scene.all()); // others may read
  await reader.query('commit');
  await reader.end();
  expect(await scene.over(id)).toMatchObject({ state: 'succeeded' });
  expect(await scene.tallied()).toEqual(scene.all());
});

test('one that waits for readers can be cancelled while they read on', async () => {
  const one = await scene.start();
  await one.waitUntilCaughtUp(await scene.calls(3), 30_000);
  const reader = await readerOf(scene.databaseUrl);
  const id = await scene.request('rebuild');
  await scene.begun();
  await scene.cancel(id);
  await vi.waitFor(async () => expect(await scene.states()).toEqual({ 1: 'live' }), 30_000);
  await reader.end();
});

test('a process of the version before does not come back when its generation is replaced twice', async () => {
  const old = await scene.start(tally(1) as Projection);
  await old.waitUntilCaughtUp(await scene.calls(2), 30_000);
  const two = await scene.start(tally(2) as Projection);
  await vi.waitFor(async () => expect(await scene.states()).toEqual({ 1: 'previous', 2: 'live' }), 30_000);
  await scene.over(await scene.request('rebuild'));
  // The old process still writes its own.
  expect(await scene.states()).toEqual({ 1: 'previous', 2: 'previous', 3: 'live' });
  const position = await scene.calls(1);
  for (const each of [old, two]) expect(await each.waitUntilCaughtUp(position, 30_000)).toBe(true);
  expect((await scene.tallied()).at(-1)).toBe(4);
  await old.stop();
  await scene.over(await scene.request('rebuild'));
  expect(await scene.states()).toEqual({ 3: 'previous', 4: 'live' });
});

test('no reader fails in any swap, and none sees the read model go back', async () => {
  const one = await scene.start(slowTally(1));
  await one.waitUntilCaughtUp(await scene.calls(10), 30_000);
  const reading = readAllTheTime(scene);
  for (const kind of ['rebuild', 'swap_back', 'rebuild', 'rebuild', 'swap_back'] as const) {
    const id = await scene.request(kind);
    const load = scene.load();
    expect(await scene.over(id)).toMatchObject({ state: 'succeeded' });
    await load.end();
  }
  expect(await one.waitUntilCaughtUp(await scene.calls(1), 30_000)).toBe(true);
  const { reads, wrong } = await reading();
  expect(wrong).toEqual([]);
  expect(reads).toBeGreaterThan(50);
  expect(await scene.tallied()).toEqual(scene.all());
});
