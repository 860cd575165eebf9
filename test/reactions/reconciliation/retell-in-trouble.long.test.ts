import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { TenantReport } from '../../../src/reactions/reconciliation/run.ts';
import type { Reconciliation } from '../../../src/reactions/reconciliation/start.ts';
import { type Scene, startScene } from './scene.ts';

let scene: Scene;
let reconciliation: Reconciliation;
beforeAll(async () => {
  scene = await startScene();
  reconciliation = scene.start({ pace: { timeoutMs: 600 } });
  await scene.run(reconciliation);
});
afterEach(async () => {
  scene.line.clear();
  scene.retell.webhooksTo(undefined);
  const report = await scene.run(scene.start(), { since: Date.now() - 3_600_000 }); // nothing is left to the next test
  expect(report.tenants[0]).toMatchObject({ phase: 'done', later: 0 });
});
afterAll(() => scene.stop());

const run = async (what?: object): Promise<TenantReport> => (await scene.run(reconciliation, what)).tenants[0]!;

describe('Retell in trouble', () => {
  test.each([[404], [422]])(
    'a call that it does not know (%i) changes nothing, and the others come in',
    async (status) => {
      scene.retell.webhooksTo({ ...scene.hook, fate: ({ event }) => ({ lost: event !== 'call_started' }) });
      const [gone, there] = (await scene.calls(2)) as [string, string];
      await scene.retell.quiet();
      scene.line.fails(({ path }) => (path.endsWith(gone) ? { status } : undefined));
      expect(await run()).toMatchObject({ phase: 'done', unknown: 1 });
      expect(await scene.types(gone)).toEqual(['CallStarted']);
      expect(await scene.session(gone)).toMatchObject({ status: 'pending' });
      expect(await scene.session(there)).toMatchObject({ status: 'confirmed' });
      // It is not asked for at every run.
      scene.line.passed.length = 0;
      await run();
      expect(scene.line.gets().filter(({ path }) => path.endsWith(gone))).toEqual([]);
    },
  );

  test.each([
    ['500', { status: 500 }],
    ['a time-out', 'hang'],
    ['a broken connection', 'cut'],
    ['half an answer', 'half'],
    ['no JSON', { answer: () => 'no JSON' }],
    ["another call's answer", { answer: (body: string) => body.replace(/"call_id":"[^"]+"/, '"call_id":"call_x"') }],
  ] as const)('%s for a call: asked again, and not for ever', async (_, fault) => {
    const [once, always] = (await scene.calls(2)) as [string, string];
    await scene.retell.quiet();
    scene.line.fails(({ path }, nth) =>
      path.endsWith(always) || (path.endsWith(once) && nth === 1) ? fault : undefined,
    );
    expect(await run()).toMatchObject({ phase: 'done', later: 1 });
    expect(await scene.session(once)).toMatchObject({ status: 'confirmed' });
    expect(await scene.types(always)).toEqual([]);
    expect(scene.line.gets().filter(({ path }) => path.endsWith(always))).toHaveLength(3);
    scene.line.clear();
    await run();
    expect(await scene.session(always)).toMatchObject({ status: 'confirmed' });
  });

  test('after 429 nothing is asked before it said', async () => {
    await scene.calls(6);
    await scene.retell.quiet();
    let refusedAt = 0;
    scene.line.fails(({ path }) => {
      if (!path.startsWith('/v2/') || refusedAt > 0) return undefined;
      refusedAt = performance.now();
      return { status: 429, headers: { 'retry-after': '1' } };
    });
    const gentle = scene.start({ pace: { concurrency: 1 } });
    expect((await scene.run(gentle)).tenants[0]).toMatchObject({ phase: 'done', later: 0 });
    const next = scene.line.gets().find(({ at }) => at > refusedAt + 50)!;
    expect(next.at - refusedAt).toBeGreaterThan(900);
    expect(scene.line.gets().filter(({ at }) => at > refusedAt + 1 && at < refusedAt + 900)).toEqual([]);
  });

  test('where it answers nothing at all, it is left alone until the next run', async () => {
    const ids = await scene.calls(12);
    await scene.retell.quiet();
    scene.line.fails(({ path }) => (path.startsWith('/v2/') ? { status: 500 } : undefined));
    const one = scene.start({ pace: { concurrency: 1 } });
    expect((await scene.run(one)).tenants[0]).toMatchObject({ phase: 'later', cause: 'calls_not_answered', later: 5 });
    expect(scene.line.gets()).toHaveLength(5 * 3);
    scene.line.clear();
    await run();
    for (const id of ids) expect(await scene.session(id)).toMatchObject({ status: 'confirmed' });
  });

  test.each([
    ['half a page', 'half'],
    ['a page without items', { answer: () => '{"has_more":false}' }],
    ['a page that leads to itself', { answer: (b: string) => b.replace(/"has_more":\w+/, '"has_more":true') }],
    ['500', { status: 500 }],
  ] as const)('%s of a list: the list is read again in the next run, and nothing in it is lost', async (_, fault) => {
    const ids = await scene.calls(3);
    await scene.retell.quiet();
    scene.line.fails(({ path }) => (path === '/v3/list-calls' ? fault : undefined));
    expect(await run()).toMatchObject({ phase: 'later', recorded: 0 });
    scene.line.clear();
    await run();
    for (const id of ids) expect(await scene.session(id)).toMatchObject({ status: 'confirmed' });
  });

  test('what is no call in a list is passed over', async () => {
    const callId = await scene.call('confirmed');
    await scene.retell.quiet();
    scene.line.fails(({ path }) =>
      path === '/v3/list-calls'
        ? { answer: (body) => body.replace('"items":[', '"items":[null,7,{"call_id":42},').replace(',],', '],') }
        : undefined,
    );
    expect((await run()).unreadable).toBeGreaterThanOrEqual(3);
    expect(await scene.session(callId)).toMatchObject({ status: 'confirmed' });
  });

  test('lists are read page by page', async () => {
    const ids = await scene.calls(7);
    await scene.retell.quiet();
    await scene.run(scene.start({ pace: { pageSize: 2 } }));
    expect(scene.line.lists().length).toBeGreaterThanOrEqual(4);
    for (const id of ids) expect(await scene.session(id)).toMatchObject({ status: 'confirmed' });
  });
});
