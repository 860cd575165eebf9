import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Projection } from '../../src/projections/engine/projection.ts';
import { startProjections } from '../../src/projections/engine/start.ts';
import { sceneOfFile, slowTally, verifications } from './operations-scene.ts';
import { tally } from './tally.ts';

const scene = await sceneOfFile();

const { verified, nothingIsLeft, corrupt } = verifications(scene);

// Each one folds what all before it have told: those that tell much come last.

test('before the first fact there is nothing to differ', async () => {
  await scene.start({ ...tally(), prefixes: ['no-such-stream-'] } as Projection);
  expect((await verified()).result).toEqual({
    ...{ equal: true, generation: 1, position: null, rowsCompared: 0 },
    ...{ parkedStreams: 0, parkedByRebuild: 0, notCompared: 0, differencesTotal: 0, differences: [] },
  });
});

test('a value, a row and a state that the log does not say are found, with the facts behind them', async () => {
  const one = await scene.start();
  const position = await scene.calls(12);
  await one.waitUntilCaughtUp(position, 30_000);
  const { rows } = await scene.pool.query<{ stream: string }>('select stream from tally order by stream');
  const [changed, gone, folded] = rows.map(({ stream }) => stream);
  await corrupt(`tally_1_tally set facts = 7 where stream = '${changed}'`);
  await scene.pool.query(`delete from projection.tally_1_tally where stream = '${gone}'`);
  await scene.pool.query(`insert into projection.tally_1_tally values ('call-acme.invented', 1)`);
  await corrupt(`tally_1_streams set state = '3' where stream = '${folded}'`);

  const { result } = await verified();
  const facts = (stream: string | undefined) =>
    ['CallStarted', 'CallEnded'].map((type) => ({ stream, type, position: expect.stringMatching(/^\d+$/) }));
  expect(result).toEqual({
    ...{ equal: false, generation: 1, position: `${position}`, differencesTotal: 4 },
    ...{ parkedStreams: 0, parkedByRebuild: 0, notCompared: 0 },
    rowsCompared: 2 * rows.length + 1,
    differences: [
      { table: 'tally', key: { stream: changed }, column: 'facts', live: 7, rebuilt: 2, facts: facts(changed) },
      {
        ...{ table: 'tally', key: { stream: gone }, row: 'missing', facts: facts(gone) },
        rebuilt: { stream: gone, facts: 2 },
      },
      {
        ...{ table: 'tally', key: { stream: 'call-acme.invented' }, row: 'extra', facts: [] },
        live: { stream: 'call-acme.invented', facts: 1 },
      },
      { table: 'streams', key: { stream: folded }, column: 'state', live: 3, rebuilt: 2, facts: facts(folded) },
    ],
  });
  // It only looks.
  expect((await scene.pool.query(`select facts from tally where stream = '${changed}'`)).rows).toEqual([{ facts: 7 }]);
  await nothingIsLeft();
});

test('what differs stands in the result alone: the log of the service says where, and no value', async () => {
  const lines: string[] = [];
  const one = await startProjections({
    ...{ log: scene.log, databaseUrl: scene.databaseUrl, projections: [tally() as Projection] },
    logger: pino({ level: 'trace' }, { write: (line: string) => lines.push(line) }),
    operations: { pollMs: 20 },
  });
  await one.waitUntilCaughtUp(await scene.calls(1), 30_000);
  await corrupt('tally_1_tally set facts = 987654');
  const { result } = await verified();
  await one.stop();
  expect(JSON.stringify(result)).toContain('987654');
  const told = lines.find((line) => line.includes('projection_differs'))!;
  expect(JSON.parse(told)).toMatchObject({ level: 50, projection: 'tally', places: ['tally.facts'] });
  expect(lines.join('')).toContain('operation_succeeded');
  expect(lines.join('')).not.toContain('987654');
});

test('more differences than anybody reads are counted', async () => {
  const one = await scene.start();
  await one.waitUntilCaughtUp(await scene.calls(1), 30_000);
  await scene.pool.query(
    `insert into projection.tally_1_tally select 'invented-' || n, n from generate_series(1, 1100) n`,
  );
  const { result } = await verified();
  expect(result).toMatchObject({ equal: false, differencesTotal: 1100, truncated: true });
  expect(result!.differences).toHaveLength(1000);
});

test('under live load it is what the log says, each time it is asked', async () => {
  const one = await scene.start(slowTally(3));
  await scene.calls(30);
  const load = scene.load();
  const positions: bigint[] = [];
  for (let i = 0; i < 4; i++) {
    const { state, result, progress } = await verified();
    expect(state).toBe('succeeded');
    expect(result).toMatchObject({ equal: true, generation: 1, differences: [], differencesTotal: 0 });
    expect(progress?.done).toBe(progress?.total); // none of one that ended before anybody looked
    positions.push(BigInt(result!.position as string));
  }
  const position = await load.end();
  // Each at a position of its own: the live generation has gone on.
  expect([...positions].sort((a, b) => Number(a - b))).toEqual(positions);
  expect(new Set(positions).size).toBe(4);
  expect(await one.waitUntilCaughtUp(position, 30_000)).toBe(true);
  expect(await scene.tallied()).toEqual(scene.all());
  await nothingIsLeft();
  expect(await scene.states()).toEqual({ 1: 'live' });
});

test('one that is cancelled in the middle leaves nothing behind', async () => {
  const one = await scene.start(slowTally(20));
  expect(await one.waitUntilCaughtUp(await scene.calls(60), 30_000)).toBe(true);
  const id = await scene.request('verify');
  await scene.begun();
  expect(await scene.cancel(id)).toMatchObject({ state: 'cancelled' });
  await nothingIsLeft();
  expect(await one.waitUntilCaughtUp(await scene.calls(1), 30_000)).toBe(true);
  expect(await scene.tallied()).toEqual(scene.all());
});

test('a process that is killed in the middle leaves it to the next one, which proves the same', async () => {
  const last = await scene.calls(60);
  const script = join(import.meta.dirname, 'projecting-process.ts');
  const child = spawn(process.execPath, [script, scene.eventStoreUrl, scene.databaseUrl, '25'], { stdio: 'inherit' });
  onTestFinished(() => void child.kill('SIGKILL'));
  // Else there may be next to nothing to verify, and it is over before it can be killed.
  await vi.waitFor(async () => expect((await scene.generations())[0]?.checkpoint).toBe(`${last}`), 30_000);
  const id = await scene.request('verify');
  await scene.begun();
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await scene.operation(id)).toMatchObject({ state: 'running' });
  await scene.start();
  expect(await scene.over(id)).toMatchObject({ state: 'succeeded', result: { equal: true } });
  await nothingIsLeft();
});

test('of two processes one verifies, and a rebuild has to wait for its end', async () => {
  const both = [await scene.start(slowTally(5)), await scene.start(slowTally(5))];
  expect(await both[0]!.waitUntilCaughtUp(await scene.calls(30), 30_000)).toBe(true);
  const id = await scene.request('verify');
  await scene.begun();
  await expect(scene.request('rebuild')).rejects.toThrow('verify is running');
  expect(await scene.over(id)).toMatchObject({ result: { equal: true, generation: 1 } });
  expect(await scene.over(await scene.request('rebuild'))).toMatchObject({ state: 'succeeded' });
  expect(await verified()).toMatchObject({ state: 'succeeded', result: { equal: true } });
  for (const one of both) expect(await one.waitUntilCaughtUp(await scene.calls(1), 30_000)).toBe(true);
  expect(await scene.tallied()).toEqual(scene.all());
});
