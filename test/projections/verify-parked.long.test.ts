import { expect, test, vi } from 'vitest';
import type { Projection } from '../../src/projections/engine/projection.ts';
import { sceneOfFile, slowTally, verifications } from './operations-scene.ts';
import { brittleTally, tally } from './tally.ts';

// A verification leaves out what either side has parked, and says how much that is.

const scene = await sceneOfFile();

const { verified, nothingIsLeft, corrupt } = verifications(scene);

test('a fact that breaks the fold now, and did not when it was applied, is named, and its rows are counted apart', async () => {
  const brittle = brittleTally();
  const one = await scene.start(brittle.projection);
  await one.waitUntilCaughtUp(await scene.calls(15), 30_000);
  const [bad, corrupted] = [scene.stream(7), scene.stream(3)];
  brittle.breaksAt = ({ stream, type }) => stream === bad && type === 'CallEnded';
  const rows = 2 * scene.all().length;
  expect(await verified()).toMatchObject({
    state: 'succeeded',
    result: {
      ...{ equal: true, differencesTotal: 0, differences: [], rowsCompared: rows - 2, notCompared: 2 },
      ...{ parkedStreams: 1, parkedByRebuild: 1 },
      brokenFacts: [
        {
          ...{ stream: bad, type: 'CallEnded', position: expect.stringMatching(/^\d+$/) },
          error: expect.stringMatching(/^TypeError at /),
        },
      ],
    },
  });
  await corrupt(`tally_1_tally set facts = 7 where stream in ('${corrupted}', '${bad}')`);
  const { result } = await verified();
  expect(result).toMatchObject({ equal: false, differencesTotal: 1, parkedByRebuild: 1, notCompared: 2 });
  expect(result!.differences).toMatchObject([{ table: 'tally', key: { stream: corrupted }, live: 7, rebuilt: 2 }]);
  expect(JSON.stringify(result)).not.toContain('Jane');
  await nothingIsLeft();
  expect(await scene.parked()).toEqual([]);
});

test('more of them than REBUILD_MAX_PARKED are no verification: the code is wrong', async () => {
  const brittle = brittleTally();
  const one = await scene.start(brittle.projection, {}, 2);
  await one.waitUntilCaughtUp(await scene.calls(15), 30_000);
  const bad = [7, 2, 1].map((before) => scene.stream(before));
  brittle.breaksAt = ({ stream }) => bad.includes(stream);
  expect(await verified()).toMatchObject({ state: 'failed', error: { code: 'too_many_parked', stream: bad[0] } });
  await nothingIsLeft();
});

test('of streams parked on one side and on the other each is left out, and all else is compared', async () => {
  const brittle = brittleTally();
  const one = await scene.start(brittle.projection);
  const [liveOnly, both, now] = [-1, -3, -5].map((n) => scene.stream(n));
  brittle.breaksAt = ({ stream }) => stream === liveOnly || stream === both;
  expect(await one.waitUntilCaughtUp(await scene.calls(8), 30_000)).toBe(true);
  expect((await scene.parked()).map(({ stream }) => stream)).toEqual([liveOnly, both]);
  brittle.breaksAt = ({ stream }) => stream === both || stream === now;
  const { result } = await verified();
  expect(result).toMatchObject({ equal: true, parkedStreams: 3, parkedByRebuild: 1, notCompared: 2 });
  expect(result!.brokenFacts).toMatchObject([{ stream: now }]);
  await corrupt(`tally_1_tally set facts = 9 where stream = '${scene.stream()}'`);
  expect(await verified()).toMatchObject({ result: { equal: false, differencesTotal: 1 } });
  // A rebuild has it parked on both sides.
  await scene.over(await scene.request('rebuild'));
  expect(await verified()).toMatchObject({
    result: { equal: true, parkedStreams: 2, parkedByRebuild: 0, notCompared: 0 },
  });
});

test('what breaks under live load is parked on both sides, wherever the comparison comes between', async () => {
  const brittle = brittleTally(1, 3);
  brittle.breaksAt = ({ stream, type }) => stream.endsWith('3') && type === 'CallEnded';
  const one = await scene.start(brittle.projection);
  await scene.calls(30);
  let loading = true;
  const load = (async () => {
    while (loading) await scene.calls(1);
    return scene.calls(1);
  })();
  for (let i = 0; i < 4; i++)
    expect(await verified()).toMatchObject({ result: { equal: true, parkedByRebuild: 0, notCompared: 0 } });
  loading = false;
  expect(await one.waitUntilCaughtUp(await load, 30_000)).toBe(true);
  expect((await scene.parked()).length).toBeGreaterThan(3);
});

test('parked streams are left out and counted; everything else is proven', async () => {
  const wanted = { broken: true };
  const brittle: Projection = {
    ...(tally() as Projection),
    reduce(state, fact) {
      if (wanted.broken && fact.type === 'CallEnded' && fact.stream === bad) throw new TypeError('no');
      return ((state as number) ?? 0) + 1;
    },
  };
  let bad: string | undefined;
  const one = await scene.start(brittle);
  await one.waitUntilCaughtUp(await scene.calls(3), 30_000);
  bad = `call-acme.call_${scene.all().length + 1}`;
  const position = await scene.calls(3);
  expect(await one.waitUntilCaughtUp(position, 30_000)).toBe(true);
  expect(one.status()).toMatchObject([{ parked: 1 }]);
  expect(await verified()).toMatchObject({ result: { equal: true, parkedStreams: 1, position: `${position}` } });

  // Also before it is redriven by the code that was mended.
  wanted.broken = false;
  expect(await verified()).toMatchObject({ result: { equal: true, parkedStreams: 1 } });
  await scene.pool.query('update projection.parked set redrive_requested_at = now()');
  await vi.waitFor(() => expect(one.status()).toMatchObject([{ parked: 0 }]), 30_000);
  expect(await verified()).toMatchObject({ result: { equal: true, parkedStreams: 0 } });

  await corrupt(`tally_1_tally set facts = 1 where stream = '${bad}'`);
  expect(await verified()).toMatchObject({ result: { equal: false, differencesTotal: 1 } });
});

test('a stream that is redriven in the middle has it begin anew, and nothing is told that is not so', async () => {
  const wanted = { broken: true };
  let bad: string | undefined;
  let folded = 0;
  const brittle: Projection = {
    ...slowTally(10),
    reduce(state, fact) {
      if (wanted.broken && fact.stream === bad) throw new TypeError('no');
      folded++;
      return ((state as number) ?? 0) + 1;
    },
  };
  const one = await scene.start(brittle);
  bad = `call-acme.call_${scene.all().length}`;
  expect(await one.waitUntilCaughtUp(await scene.calls(200), 60_000)).toBe(true);
  folded = 0;
  const id = await scene.request('verify');
  await scene.begun();
  wanted.broken = false;
  await scene.pool.query('update projection.parked set redrive_requested_at = now()');
  await vi.waitFor(() => expect(one.status()).toMatchObject([{ parked: 0 }]), 30_000);
  expect(await scene.over(id)).toMatchObject({ result: { equal: true, parkedStreams: 0 } });
  expect(folded).toBeGreaterThan(scene.all().length * 2);
  await nothingIsLeft();
});
