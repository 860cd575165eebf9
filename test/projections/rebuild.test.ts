import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Fact } from '../../src/events/codec.ts';
import type { Projection } from '../../src/projections/engine/projection.ts';
import type { Table } from '../../src/projections/engine/table.ts';
import { sceneOfFile, slowTally } from './operations-scene.ts';
import { tally } from './tally.ts';

const scene = await sceneOfFile();

test('without any traffic the one that is built is gone on with, too', async () => {
  const one = await scene.start();
  expect(await one.waitUntilCaughtUp(await scene.calls(2), 30_000)).toBe(true);
  await scene.over(await scene.request('rebuild'));
  await vi.waitFor(() => expect(one.status()).toMatchObject([{ generation: 2, caughtUp: true }]), 30_000);
  expect(await one.waitUntilCaughtUp(await scene.calls(1), 30_000)).toBe(true);
  expect(await scene.tallied()).toEqual(scene.all());
});

test('a process that is killed in the middle leaves the rest to the next one, which does not begin again', async () => {
  await scene.calls(60);
  const script = join(import.meta.dirname, 'projecting-process.ts');
  const child = spawn(process.execPath, [script, scene.eventStoreUrl, scene.databaseUrl, '500'], { stdio: 'inherit' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const id = await scene.request('rebuild');
  await scene.begun();
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await scene.operation(id)).toMatchObject({ state: 'running' });
  const left = await scene.generations();
  const built = left.find(({ state }) => state === 'building')!;
  const least = left.map(({ checkpoint }) => BigInt(checkpoint ?? -1)).reduce((a, b) => (a < b ? a : b));

  const folded: bigint[] = [];
  const told: Projection = {
    ...(tally() as Projection),
    reduce: (state, fact) => tell(fact) && ((state as number) ?? 0) + 1,
  };
  const tell = (fact: Fact) => folded.push(fact.position);
  await scene.start(told);
  expect(await scene.over(id)).toMatchObject({ state: 'succeeded', result: { generation: built.generation } });
  expect(folded.length).toBeGreaterThan(0);
  for (const position of folded) expect(position).toBeGreaterThan(least);
  expect(await scene.tallied()).toEqual(scene.all());
});

test('of two processes the leader builds, and both then show the new generation', async () => {
  const both = [await scene.start(slowTally(2)), await scene.start(slowTally(2))];
  await scene.calls(20);
  await scene.over(await scene.request('rebuild'));
  const position = await scene.calls(1);
  for (const one of both) expect(await one.waitUntilCaughtUp(position, 30_000)).toBe(true);
  for (const one of both) await vi.waitFor(() => expect(one.status()).toMatchObject([{ generation: 2 }]), 30_000);
  expect(await scene.states()).toEqual({ 1: 'previous', 2: 'live' });
  expect(await scene.tallied()).toEqual(scene.all());
});

test('the next leader takes up what the last one has begun', async () => {
  const [one] = [await scene.start(slowTally(20))];
  await scene.calls(30);
  await scene.start(slowTally(0));
  const id = await scene.request('rebuild');
  await scene.begun();
  await one.stop();
  expect(await scene.over(id)).toMatchObject({ state: 'succeeded' });
  expect(await scene.states()).toEqual({ 1: 'previous', 2: 'live' });
  expect(await scene.tallied()).toEqual(scene.all());
});

test('one that is cancelled stops, leaves nothing behind, and the live generation serves on', async () => {
  const times = new Map<bigint, number>();
  const counted: Projection = {
    ...slowTally(20),
    reduce(state, { position }) {
      times.set(position, (times.get(position) ?? 0) + 1);
      return ((state as number) ?? 0) + 1;
    },
  };
  const one = await scene.start(counted);
  const last = await scene.calls(50);
  expect(await one.waitUntilCaughtUp(last, 30_000)).toBe(true);
  const id = await scene.request('rebuild');
  await scene.begun();
  expect(await scene.cancel(id)).toMatchObject({ state: 'cancelled', finishedAt: expect.any(Date) });
  await vi.waitFor(async () => expect(await scene.tables()).toEqual(['tally_1_streams', 'tally_1_tally']), 30_000);
  expect(await scene.states()).toEqual({ 1: 'live' });
  expect(times.get(last)).toBe(1); // it has not gone on to the end
  expect(await one.waitUntilCaughtUp(await scene.calls(1), 30_000)).toBe(true);
  expect(await scene.tallied()).toEqual(scene.all());
  expect(await scene.operation(id)).toMatchObject({ state: 'cancelled' });
});

test('one that is cancelled while no process runs is cleared away by the next', async () => {
  const one = await scene.start(slowTally(20));
  await scene.calls(30);
  const id = await scene.request('rebuild');
  await scene.begun();
  await one.stop();
  await scene.cancel(id);
  expect(await scene.states()).toEqual({ 1: 'live', 2: 'building' });
  await scene.start();
  await vi.waitFor(async () => expect(await scene.states()).toEqual({ 1: 'live' }), 30_000);
});

test('what another version has begun is not gone on with', async () => {
  const one = await scene.start(slowTally(20));
  await scene.calls(30);
  const id = await scene.request('rebuild');
  await scene.begun();
  await one.stop();
  // That version is live since, and this is what its processes find.
  await scene.pool.query(`update projection.projections set version = 2 where state = 'live'`);
  const two = await scene.start(tally(2) as Projection);
  expect(await scene.over(id)).toMatchObject({ state: 'succeeded' });
  expect(await two.waitUntilCaughtUp(await scene.calls(1), 30_000)).toBe(true);
  expect(await scene.tallied()).toEqual(scene.all().map((facts) => facts * 2));
});

test('there is one operation of a projection at a time, and another one is told which', async () => {
  const id = await scene.request('rebuild');
  await expect(scene.request('rebuild')).rejects.toThrow('rebuild is queued');
  await expect(scene.request('swap_back')).rejects.toThrow('rebuild is queued');
  await scene.cancel(id);
  await scene.start();
  await scene.over(await scene.request('rebuild'));
});

test('while another version is built the live one is shown, and it is not ready', async () => {
  const one = await scene.start(tally(1) as Projection);
  const position = await scene.calls(30);
  await one.waitUntilCaughtUp(position, 30_000);
  const before = await scene.tallied();
  await one.stop();
  const two = await scene.start(slowTally(20, 2));
  await vi.waitFor(() => expect(two.status()[0]!.building?.done).toBeGreaterThan(0), { timeout: 30_000, interval: 5 });
  expect(two.status()).toMatchObject([{ version: 1, generation: 1, caughtUp: false, building: { generation: 2 } }]);
  const { done, total } = two.status()[0]!.building!;
  expect([done > 0, done < total, total]).toEqual([true, true, Number(position)]);
  expect(await scene.tallied()).toEqual(before);
  expect(await two.waitUntilCaughtUp(position, 30_000)).toBe(true);
  expect(await scene.tallied()).toEqual(before.map((facts) => facts * 2));
});

test('a view and a column that a version adds are there while that is built, and empty, and keep what others were granted', async () => {
  const one = await scene.start(tally(1) as Projection);
  const position = await scene.calls(30);
  await one.waitUntilCaughtUp(position, 30_000);
  await one.stop();
  const slow = slowTally(20, 2);
  const [rows] = slow.tables;
  const added: Table = { ...rows!, name: 'tally_again' };
  const wider = { ...rows!, columns: { ...rows!.columns, note: 'text' }, view: [...rows!.view!, 'note'] };
  const more: Projection = {
    ...slow,
    tables: [wider, added],
    async save(tables, batch) {
      await slow.save(tables, batch);
      const all = [...batch.changed].map(([stream, { after }]) => ({ stream, facts: after as number }));
      await tables.upsert(added, all);
    },
  };
  const two = await scene.start(more);
  const count = async () => (await scene.pool.query('select count(*)::int as n from tally_again')).rows[0].n;
  await vi.waitFor(() => expect(two.status()[0]!.building?.done).toBeGreaterThan(0), { timeout: 30_000, interval: 5 });
  expect(await count()).toBe(0);
  const notes = async () => (await scene.pool.query('select facts, note from tally')).rows;
  expect(await notes()).toContainEqual({ facts: expect.any(Number), note: null });
  await scene.pool.query('grant select on tally to public');
  await scene.pool.query('grant select on tally_again to public');
  expect(await two.waitUntilCaughtUp(position, 30_000)).toBe(true);
  expect(await count()).toBeGreaterThan(0);
  expect(await notes()).toHaveLength((await scene.tallied()).length);
  const { rows: granted } = await scene.pool.query(
    "select relacl::text from pg_class where relname in ('tally', 'tally_again')",
  );
  for (const { relacl } of granted) expect(relacl).toContain('=r/');
  expect(granted).toHaveLength(2);
});

test('a rebuild under live load loses nothing and doubles nothing', async () => {
  const one = await scene.start(slowTally(5));
  await scene.calls(30);
  const id = await scene.request('rebuild');
  // Each of these is taken by the live generation, by the one that is built, or by both.
  const load = scene.load();
  await scene.over(id);
  await load.end();
  const position = await scene.calls(3);
  expect(await one.waitUntilCaughtUp(position, 30_000)).toBe(true);
  expect(await scene.operation(id)).toMatchObject({
    state: 'succeeded',
    result: { generation: 2, replaced: 1 },
  });
  expect(await scene.tallied()).toEqual(scene.all());
  expect(await scene.states()).toEqual({ 1: 'previous', 2: 'live' });
  expect(one.status()).toMatchObject([{ generation: 2, caughtUp: true, leader: true, checkpoint: `${position}` }]);
  const [previous] = await scene.generations();
  expect(BigInt(previous!.checkpoint!)).toBeLessThan(position);
});
