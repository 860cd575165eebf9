import { expect, test } from 'vitest';
import { overviewOf } from '../../src/projections/engine/overview.ts';
import { acceptParked } from '../../src/projections/engine/parked-limit.ts';
import type { RunningProjections } from '../../src/projections/engine/start.ts';
import { readinessOf } from '../../src/readiness.ts';
import { caughtUp, eventually, sceneOfFile } from './operations-scene.ts';
import { brittleTally, tally } from './tally.ts';

// A release in which more breaks than facts account for waits for an operator, and for nothing else. Decision 13.

const scene = await sceneOfFile();

const overview = async () => (await overviewOf(scene.db, [tally()], [], 2))[0]!;
const readyOf = (projections: RunningProjections) =>
  readinessOf({
    log: { ...scene.log, doubt: async () => undefined },
    directory: { ready: () => true } as never,
    projections,
  }).projections!.tally!();

/** A live generation of version 1, and a process with version 2, in which three streams break where two may. */
async function heldUp() {
  const old = await scene.start();
  await caughtUp(old, await scene.calls(30));
  const brittle = brittleTally(2);
  const bad = [3, 4, 20].map(scene.stream);
  let folded = 0;
  brittle.breaksAt = ({ stream }) => {
    folded++;
    return bad.includes(stream);
  };
  const one = await scene.start(brittle.projection, {}, 2);
  await eventually(one, { heldUpBy: 3 });
  return { old, one, brittle, bad, folded: () => folded };
}

test('it says why, the live generation serves on, and the process of the old code is ready', async () => {
  const { old, one } = await heldUp();
  expect(one.status()).toMatchObject([{ version: 1, caughtUp: false, parked: 0, building: { generation: 2 } }]);
  expect(one.status()[0]!.error).toMatch(/^3 streams .* REBUILD_MAX_PARKED \(2\)\. The first is .*: TypeError at /);
  expect(one.status()[0]!.error).not.toContain('Jane');
  expect(await readyOf(one)).toEqual({ ok: false, detail: 'held up: 3 streams would be parked' });
  expect(await overview()).toMatchObject({ version: 1, building: { generation: 2, parked: 3, heldUp: true } });
  await caughtUp(old, await scene.calls(2));
  expect(await readyOf(old)).toEqual({ ok: true });
  expect(await scene.tallied()).toEqual(scene.all());
  expect(await scene.parked()).toEqual([]);
});

test('once an operator accepts it, it goes on where it was, and comes up with these streams parked', async () => {
  const { one, bad, folded } = await heldUp();
  const before = folded();
  expect(await acceptParked(scene.db, 'tally')).toEqual({ generation: 2, parked: 3 });
  await eventually(one, { version: 2, generation: 2, parked: 3, caughtUp: true });
  expect(one.status()[0]).not.toHaveProperty('heldUpBy');
  expect(one.status()[0]).not.toHaveProperty('error');
  expect(folded() - before).toBeLessThan(scene.all().length); // and not from the beginning
  expect(await readyOf(one)).toEqual({ ok: true, detail: '3 streams parked' });
  expect((await scene.parked()).map(({ stream }) => stream).sort()).toEqual([...bad].sort());
  expect(await scene.tallied()).toEqual(
    scene
      .all()
      .slice(3)
      .map(() => 4),
  );
  expect(await acceptParked(scene.db, 'tally')).toBeUndefined();
});

test('a process that starts with mended code of the same version builds it anew', async () => {
  const { one, brittle } = await heldUp();
  await one.stop();
  brittle.breaksAt = () => false;
  const two = await scene.start(brittle.projection, {}, 2);
  await eventually(two, { version: 2, parked: 0, caughtUp: true });
  expect(await scene.tallied()).toEqual(scene.all().map(() => 4));
});

test('what is below the limit when a process starts is gone on with', async () => {
  const { one } = await heldUp();
  await one.stop();
  await eventually(await scene.start(brittleTally(2).projection, {}, 3), { version: 2, generation: 2, parked: 3 });
});
