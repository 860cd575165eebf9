import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { prepare } from '../../src/projections/engine/migrations.ts';
import type { Projection } from '../../src/projections/engine/projection.ts';
import { ended, started } from './controls.ts';
import { caughtUp, eventually, sceneOfFile, slowTally } from './operations-scene.ts';
import { brittleTally, tally } from './tally.ts';

// A stream that breaks is parked in a generation that is built, too. Decision 13.

const scene = await sceneOfFile();

/** The streams of the last calls but some. */
const streams = (n: number) => Array.from({ length: n }, (_, i) => scene.stream(3 * i + 1));

test('a stream that breaks is parked, all others are right, and what is mended is redriven', async () => {
  const brittle = brittleTally();
  const one = await scene.start(brittle.projection);
  await caughtUp(one, await scene.calls(30));
  const [bad] = streams(1);
  brittle.breaksAt = ({ stream }) => stream === bad;
  const done = await scene.over(await scene.request('rebuild'));
  expect(done).toMatchObject({ state: 'succeeded', result: { generation: 2, replaced: 1, parked: 1 } });
  const parked = await scene.parked();
  expect(parked).toEqual([
    {
      ...{ id: expect.stringMatching(/^tally\.2\.\d+$/), stream: bad, waiting: 1 },
      error: expect.stringMatching(/^TypeError at projections\/tally\.ts:\d+$/),
    },
  ]);
  await eventually(one, { generation: 2, parked: 1, caughtUp: true });
  await caughtUp(one, await scene.calls(1));
  expect(await scene.tallied()).toEqual(scene.all().slice(1));
  brittle.breaksAt = () => false;
  await scene.redrive();
  await eventually(one, { parked: 0 });
  expect(await scene.tallied()).toEqual(scene.all());
});

test('a raised version comes up in spite of some, and says how many', async () => {
  const old = await scene.start();
  const position = await scene.calls(20);
  await caughtUp(old, position);
  const bad = streams(2);
  const brittle = brittleTally(2);
  brittle.breaksAt = ({ stream, type }) => bad.includes(stream) && type === 'CallEnded';
  await old.stop();
  const one = await scene.start(brittle.projection);
  await eventually(one, { version: 2, generation: 2, parked: 2, caughtUp: true });
  expect((await scene.parked()).map(({ stream }) => stream).sort()).toEqual([...bad].sort());
  expect(await scene.tallied()).toHaveLength(scene.all().length); // each of them as its first fact says
});

test('what the live generation has parked counts against nothing, and is not parked where it breaks no more', async () => {
  const [first, second, third] = [brittleTally(1), brittleTally(2), tally(3) as Projection];
  const old = await scene.start(first.projection);
  first.breaksAt = ({ stream }) => stream.endsWith('7');
  second.breaksAt = first.breaksAt;
  await caughtUp(old, await scene.calls(40));
  const before = (await scene.parked()).map(({ stream }) => stream);
  expect(before.length).toBeGreaterThan(2);
  await old.stop();
  const one = await scene.start(second.projection, {}, 0);
  await eventually(one, { version: 2, parked: before.length, caughtUp: true });
  expect((await scene.parked()).map(({ stream }) => stream)).toEqual(before);
  await one.stop();
  await eventually(await scene.start(third, {}, 0), { version: 3, parked: 0, caughtUp: true });
  expect(await scene.tallied()).toEqual(scene.all().map((facts) => facts * 3));
});

test('more than REBUILD_MAX_PARKED end a rebuild: it says so, and which, until an operator accepts them', async () => {
  const brittle = brittleTally();
  const one = await scene.start(brittle.projection, {}, 2);
  await caughtUp(one, await scene.calls(20));
  const bad = streams(3);
  brittle.breaksAt = ({ stream }) => bad.includes(stream);
  const failed = await scene.over(await scene.request('rebuild'));
  expect(failed).toMatchObject({
    state: 'failed',
    error: { code: 'too_many_parked', stream: bad[2], type: 'CallStarted', position: expect.stringMatching(/^\d+$/) },
  });
  expect(failed.error!.message).toMatch(/^3 streams .* REBUILD_MAX_PARKED \(2\)\. .*: TypeError at /);
  expect(JSON.stringify(failed)).not.toContain('Jane');
  await vi.waitFor(async () => expect(await scene.states()).toEqual({ 1: 'live' }), 30_000);
  await caughtUp(one, await scene.calls(1));
  expect(await scene.tallied()).toEqual(scene.all());
  expect(await scene.parked()).toEqual([]);
  const accepted = await scene.over(await scene.request('rebuild', { acceptParked: true }));
  expect(accepted).toMatchObject({ state: 'succeeded', acceptParked: true, result: { parked: 3 } });
  await eventually(one, { parked: 3, caughtUp: true });
  // Known by now: the next one needs no leave.
  expect(await scene.over(await scene.request('rebuild'))).toMatchObject({ result: { parked: 3 } });
});

test('a generation that was live is brought back with what it had parked, whatever the limit is', async () => {
  const brittle = brittleTally();
  const one = await scene.start(brittle.projection, {}, 1);
  const bad = [1, 2, 3].map((n) => scene.stream(-2 - n));
  brittle.breaksAt = ({ stream }) => bad.includes(stream);
  await caughtUp(one, await scene.calls(10));
  await eventually(one, { parked: 3 });
  brittle.breaksAt = () => false;
  expect(await scene.over(await scene.request('rebuild'))).toMatchObject({ result: { generation: 2, parked: 0 } });
  const position = await scene.calls(2);
  expect(await scene.over(await scene.request('swap_back'))).toMatchObject({ result: { generation: 1, parked: 3 } });
  await caughtUp(one, position);
  await one.stop();

  // The next release can take them, and is rolled back.
  const two = await scene.start(tally(2) as Projection);
  await eventually(two, { version: 2, parked: 0, caughtUp: true });
  await two.stop();
  await eventually(await scene.start(brittle.projection, {}, 1), { version: 1, parked: 3, caughtUp: true });
});

test('a read model that an earlier release has made is gone on with', async () => {
  await scene.pool.query(`alter table projection.projections drop column parked_accepted;
    alter table projection.operations drop column accept_parked;
    drop table projection.migrations, projection.migrations_lock`);
  await prepare(scene.db);
  await scene.start();
  expect(await scene.over(await scene.request('rebuild'))).toMatchObject({ state: 'succeeded', result: { parked: 0 } });
});

test('who goes on with what was killed in the middle knows what was parked', async () => {
  const first = await scene.say(started({}, {}, 'call_early'));
  await scene.calls(60);
  const last = await scene.say(ended({}, {}, 'call_early'));
  const script = join(import.meta.dirname, 'projecting-process.ts');
  const args = [script, scene.eventStoreUrl, scene.databaseUrl, '500', `${first}`];
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const id = await scene.request('rebuild');
  await vi.waitFor(async () => expect((await scene.operation(id)).progress?.parked).toBe(1), { timeout: 30_000 });
  child.kill('SIGKILL');
  await once(child, 'exit');
  const { rows } = await scene.pool.query<{ checkpoint: string }>(
    `select checkpoint from projection.projections where state = 'building'`,
  );
  expect(BigInt(rows[0]!.checkpoint)).toBeLessThan(last);
  // In this process nothing breaks: what is parked is what the other one has left.
  await scene.start(slowTally(0));
  expect(await scene.over(id)).toMatchObject({ state: 'succeeded', result: { parked: 1 } });
  expect(await scene.parked()).toMatchObject([{ id: `tally.2.${first}`, waiting: 1 }]);
  expect(await scene.tallied()).toEqual(scene.all());
});
