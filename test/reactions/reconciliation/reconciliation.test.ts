import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { randomFrom } from '../../../src/cli/simulate/random.ts';
import type { Reconciliation } from '../../../src/reactions/reconciliation/start.ts';
import type { TenantReport } from '../../../src/reactions/reconciliation/tenant-run.ts';
import { directory, tenant } from '../../commands/webhooks/door.ts';
import { deliver } from '../../support/retell-emulator/webhooks.ts';
import { logged, type Scene, startScene } from './scene.ts';

let scene: Scene;
let reconciliation: Reconciliation;
beforeAll(async () => {
  scene = await startScene();
  reconciliation = scene.start();
  await scene.run(reconciliation);
});
afterEach(async () => {
  scene.line.clear();
  scene.retell.webhooksTo(undefined);
  const report = await scene.run(reconciliation, { since: Date.now() - 3_600_000 }); // nothing is left to the next test
  expect(report.tenants[0]).toMatchObject({ phase: 'done', later: 0 });
});
afterAll(() => scene.stop());

const run = async (what?: object): Promise<TenantReport> => (await scene.run(reconciliation, what)).tenants[0]!;
const calls = (n: number, story = 'confirmed') => Promise.all(Array.from({ length: n }, () => scene.call(story)));

describe('what no webhook told', () => {
  test('is recorded under the ids that the webhooks would have had, as reconciled', async () => {
    const callId = await scene.call('confirmed');
    await scene.retell.quiet();
    await run();
    const facts = await scene.facts(callId);
    expect(facts.map(({ type }) => type).sort()).toEqual(['CallAnalyzed', 'CallEnded', 'CallStarted']);
    expect(facts.map(({ source }) => source)).toEqual(Array(3).fill('reconciliation'));
    expect(await scene.session(callId)).toMatchObject({ status: 'confirmed' });
  });

  test('a webhook that comes after all adds nothing', async () => {
    const callId = await scene.call('rescheduled');
    await scene.retell.quiet();
    await run();
    const before = await scene.facts(callId);
    const call = scene.retell.calls().find(({ call_id }) => call_id === callId)!;
    const { call_analysis: _, ...ended } = call;
    const signal = new AbortController().signal;
    for (const webhook of [
      { event: 'call_ended', call: ended },
      { event: 'call_analyzed', call },
    ])
      expect((await deliver(webhook as never, scene.hook, randomFrom(1), signal)).statuses).toEqual([204]);
    expect(await scene.facts(callId)).toEqual(before);
  });

  test('a webhook that comes at the same moment makes one fact with it', async () => {
    const ids = await calls(20);
    await scene.retell.quiet();
    const signal = new AbortController().signal;
    const webhooks = scene.retell.calls().filter(({ call_id }) => ids.includes(call_id));
    await Promise.all([
      scene.run(reconciliation),
      ...webhooks.map((call) => deliver({ event: 'call_analyzed', call }, scene.hook, randomFrom(1), signal)),
    ]);
    await run({ since: Date.now() - 3_600_000 });
    for (const id of ids) expect(await scene.types(id)).toEqual(['CallAnalyzed', 'CallEnded', 'CallStarted']);
  });

  test('a call that never connected is found, though it has no time', async () => {
    const callId = await scene.call('dial_busy');
    await scene.retell.quiet();
    await run();
    expect(await scene.types(callId)).toEqual(['CallAnalyzed', 'CallEnded']);
    expect(await scene.session(callId)).toMatchObject({ status: 'busy' });
  });

  test('a call of which only the start came is finished', async () => {
    scene.retell.webhooksTo({ ...scene.hook, fate: ({ event }) => ({ lost: event !== 'call_started' }) });
    const callId = await scene.call('cancelled');
    await scene.retell.quiet();
    expect(await scene.session(callId)).toMatchObject({ status: 'pending' });
    await run();
    expect(await scene.session(callId)).toMatchObject({ status: 'cancelled' });
    const sources = (await scene.facts(callId)).map(({ type, source }) => `${type} ${source}`).sort();
    expect(sources).toEqual(['CallAnalyzed reconciliation', 'CallEnded reconciliation', 'CallStarted webhook']);
  });

  test('a call belongs where its agent was heard of last', async () => {
    const inbound = { ...scene.hook, url: scene.hook.url.replace(/retell$/, 'retell-outbound-ticket') };
    scene.retell.webhooksTo(inbound);
    await scene.call('confirmed', { agent: 'agent_of_tickets' });
    await scene.retell.quiet();
    scene.retell.webhooksTo(undefined);
    await scene.caughtUp();
    const [known, unknown] = [
      await scene.call('confirmed', { agent: 'agent_of_tickets' }),
      await scene.call('confirmed', { agent: 'agent_of_nothing' }),
    ];
    await scene.retell.quiet();
    await run();
    expect((await scene.facts(known)).map(({ endpoint }) => endpoint)).toEqual(Array(3).fill('retell-outbound-ticket'));
    expect((await scene.facts(unknown)).map(({ endpoint }) => endpoint)).toEqual(Array(3).fill('retell'));
  });
});

describe('a call that is not analysed', () => {
  test('stays pending for a day after its end, and is then closed without an analysis; a later one still counts', async () => {
    const callId = await scene.call('analysis lost');
    await scene.retell.quiet();
    expect(scene.retell.calls().find(({ call_id }) => call_id === callId)!.call_analysis).toBeUndefined();
    await run();
    expect(await scene.session(callId)).toMatchObject({ status: 'pending', status_reason: 'analysis_missing' });

    const day = 24 * 3_600_000;
    const before = scene.start({ now: () => Date.now() + day - 60_000 });
    await scene.run(before);
    expect(await scene.session(callId)).toMatchObject({ status: 'pending' });
    const after = scene.start({ now: () => Date.now() + day + 7 * 3_600_000 });
    const report = await scene.run(after);
    expect(report.tenants[0]).toMatchObject({ closed: 1 });
    expect(await scene.session(callId)).toMatchObject({ status: 'failed', status_reason: 'undecided' });

    scene.line.fails(({ path }) =>
      path.endsWith(callId)
        ? {
            answer: (body) =>
              JSON.stringify({
                ...JSON.parse(body),
                call_analysis: { custom_analysis_data: { appointment_confirmed: true } },
              }),
          }
        : path === '/v3/list-calls'
          ? {
              answer: (body) => {
                const page = JSON.parse(body);
                for (const item of page.items) if (item.call_id === callId) item.call_analysis = {};
                return JSON.stringify(page);
              },
            }
          : undefined,
    );
    await run({ since: Date.now() - 3_600_000 });
    expect(await scene.types(callId)).toEqual(['CallAnalyzed', 'CallAnalyzed', 'CallEnded', 'CallStarted']);
    expect(await scene.session(callId)).toMatchObject({ status: 'confirmed' });
  });
});

describe('Retell in trouble', () => {
  test.each([[404], [422]])(
    'a call that it does not know (%i) changes nothing, and the others come in',
    async (status) => {
      scene.retell.webhooksTo({ ...scene.hook, fate: ({ event }) => ({ lost: event !== 'call_started' }) });
      const [gone, there] = (await calls(2)) as [string, string];
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
    const [once, always] = (await calls(2)) as [string, string];
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
    await calls(6);
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
    const ids = await calls(12);
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
    const ids = await calls(3);
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
    const ids = await calls(7);
    await scene.retell.quiet();
    await scene.run(scene.start({ pace: { pageSize: 2 } }));
    expect(scene.line.lists().length).toBeGreaterThanOrEqual(4);
    for (const id of ids) expect(await scene.session(id)).toMatchObject({ status: 'confirmed' });
  });
});

test('a call that is going on is no outcome, and is asked for until it ends', async () => {
  scene.retell.webhooksTo({ ...scene.hook, fate: ({ event }) => ({ lost: event !== 'call_started' }) });
  const callId = await scene.call('confirmed');
  await scene.retell.quiet();
  const ongoing = (body: string) => {
    const { call_analysis: _a, end_timestamp: _e, disconnection_reason: _d, ...call } = JSON.parse(body);
    return JSON.stringify({ ...call, call_status: 'ongoing' });
  };
  scene.line.fails(({ path }) =>
    path.endsWith(callId)
      ? { answer: ongoing }
      : path === '/v3/list-calls'
        ? { answer: () => '{"items":[],"has_more":false}' }
        : undefined,
  );
  for (let i = 0; i < 3; i++) expect(await run()).toMatchObject({ goingOn: 1, recorded: 0 });
  expect(await scene.types(callId)).toEqual(['CallStarted']);
  scene.line.clear();
  await run();
  expect(await scene.session(callId)).toMatchObject({ status: 'confirmed' });
});

test('a session is left to its webhooks for RECONCILE_AFTER_MINUTES', async () => {
  scene.retell.webhooksTo({ ...scene.hook, fate: ({ event }) => ({ lost: event !== 'call_started' }) });
  const callId = await scene.call('confirmed');
  await scene.retell.quiet();
  const at = (minutes: number) => scene.start({ afterMinutes: 30, now: () => Date.now() + minutes * 60_000 });
  await scene.run(at(29));
  expect(scene.line.gets()).toEqual([]);
  await scene.run(at(31));
  expect(await scene.session(callId)).toMatchObject({ status: 'confirmed' });
});

test('no more requests a second than are allowed, over all tenants and whatever is to be done', async () => {
  await calls(12);
  await scene.retell.quiet();
  await scene.run(scene.start({ pace: { requestsPerSecond: 20, concurrency: 8 } }));
  const at = scene.line.passed.map((request) => request.at).sort((a, b) => a - b);
  expect(at.length).toBeGreaterThanOrEqual(14);
  expect(at.at(-1)! - at[0]!).toBeGreaterThan((at.length - 1) * 50 * 0.9);
});

test('of two at once, one runs', async () => {
  await calls(4);
  await scene.retell.quiet();
  await scene.caughtUp();
  const reports = await Promise.all([scene.start().runNow(), scene.start().runNow()]);
  expect(reports.filter((report) => report === 'busy')).toHaveLength(1);
  const asked = scene.line.gets().map(({ path }) => path);
  expect(new Set(asked).size).toBe(asked.length);
  expect(asked.length).toBeGreaterThanOrEqual(4);
});

test('a run that is cut off is gone on with by the next one, which asks for nothing twice that is on record', async () => {
  const ids = await calls(30);
  await scene.retell.quiet();
  await scene.caughtUp();
  const first = scene.start({ pace: { requestsPerSecond: 40, concurrency: 1 } });
  const cut = first.runNow();
  await scene.eventually(async () => scene.line.gets().length >= 8);
  await first.stop();
  expect(await cut).toMatchObject({ error: expect.any(String) });
  const through = (await Promise.all(ids.map((id) => scene.types(id)))).filter(({ length }) => length === 3).length;
  expect(through).toBeGreaterThan(0);
  expect(through).toBeLessThan(30);
  scene.line.passed.length = 0;
  await run();
  expect(scene.line.gets().length).toBeLessThanOrEqual(30 - through + 1);
  for (const id of ids) expect(await scene.types(id)).toHaveLength(3);
});

test('that webhooks stopped while calls go on is noticed', async () => {
  // In its own time, in which no webhook has come yet.
  const later = (hours: number) => () => Date.now() + hours * 3_600_000;
  const calm = scene.start({ now: later(50) });
  await scene.run(calm);
  expect(calm.status().silent).toEqual([]);
  scene.line.fails(({ path }) =>
    path === '/v3/list-calls'
      ? {
          answer: () =>
            JSON.stringify({
              items: [1, 2, 3].map((i) => ({
                call_id: `call_silent_${i}`,
                call_status: 'ended',
                start_timestamp: later(49)(),
                end_timestamp: later(49.5)(),
              })),
              has_more: false,
            }),
        }
      : undefined,
  );
  await scene.run(calm);
  expect(calm.status().silent).toEqual([{ tenantId: 'default', calls: 3, since: expect.any(String) }]);
  await scene.pool.query("delete from reactions.retell_calls where call_id like 'call_silent_%'");
  await scene.pool.query("delete from reactions.retell_sweeps where sweep = 'window'");
});

describe('several tenants', () => {
  test('each is asked with its own key; one that is refused stops nobody; one without a key is said so', async () => {
    const tenants = directory(['default', 'acme', 'bolt', 'poor'].map((id) => tenant(id, [])));
    const callId = await scene.call('confirmed', { metadata: { tenant_id: 'acme' } });
    await scene.retell.quiet();
    const keys: Record<string, string> = { default: 'key_d', acme: 'key_a', bolt: 'key_b' };
    scene.line.keys((key) => (key.startsWith('key_') && key !== 'key_b' ? scene.retell.apiKey : key));
    const all = scene.start({ tenants, retellApiKeyOf: (id) => keys[id] });
    const report = await scene.run(all);
    scene.line.keys(undefined);
    const phases = Object.fromEntries(report.tenants.map(({ tenantId, phase }) => [tenantId, phase]));
    expect(phases).toEqual({ default: 'done', acme: 'done', bolt: 'later', poor: 'no_key' });
    expect(await scene.types(callId, 'acme')).toHaveLength(3);
    // Named another tenant's: no call of `default`, though its account shows it too.
    expect(await scene.types(callId, 'default')).toEqual([]);
    await scene.pool.query("delete from reactions.retell_calls where tenant_id <> 'default'");
  });
});

test('nobody is named in the log, and no key', () => {
  expect(logged()).toContain('reconciled');
  for (const secret of ['+447700900123', '+442079460018', scene.retell.apiKey]) expect(logged()).not.toContain(secret);
});
