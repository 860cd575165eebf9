import { describe, expect, test } from 'vitest';
import { directory, tenant } from '../../commands/webhooks/door.ts';
import { sceneOfFile } from './scene.ts';

const { scene, run } = await sceneOfFile();

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

test('a call that the lists show late is found all the same: they are read again from before their end', async () => {
  const callId = await scene.call('confirmed');
  await scene.retell.quiet();
  scene.line.fails(({ path }) =>
    path === '/v3/list-calls' ? { answer: () => '{"items":[],"has_more":false}' } : undefined,
  );
  expect(await run()).toMatchObject({ phase: 'done', listed: 0 });
  scene.line.clear();
  await scene.run(scene.start({ now: () => Date.now() + 90 * 60_000 }));
  expect(await scene.types(callId)).toHaveLength(3);
});

test('no more requests a second than are allowed, over all tenants and whatever is to be done', async () => {
  await scene.calls(12);
  await scene.retell.quiet();
  await scene.run(scene.start({ pace: { requestsPerSecond: 20, concurrency: 8 } }));
  const at = scene.line.passed.map((request) => request.at).sort((a, b) => a - b);
  expect(at.length).toBeGreaterThanOrEqual(14);
  expect(at.at(-1)! - at[0]!).toBeGreaterThan((at.length - 1) * 50 * 0.5);
});

test('a run that begins before the read model is there waits for it', async () => {
  const callId = await scene.call('confirmed');
  await scene.retell.quiet();
  await scene.pool.query('alter view deliveries rename to deliveries_later');
  const begun = await scene.start().begin();
  if (begun === 'busy') throw new Error(begun);
  let isOver = false;
  void begun.ended.then(() => {
    isOver = true;
  });
  await expect(expect.poll(() => isOver, { timeout: 600 }).toBe(true)).rejects.toThrow();
  await scene.pool.query('alter view deliveries_later rename to deliveries');
  expect(await begun.ended).not.toHaveProperty('error');
  expect(await scene.types(callId)).toHaveLength(3);
});

test('of two at once, one runs', async () => {
  await scene.calls(4);
  await scene.retell.quiet();
  await scene.caughtUp();
  // The one that runs ends only when the other one has been told.
  const told = Promise.withResolvers<{ placed: number; failed: number; open: number }>();
  const both = [1, 2].map(() => scene.start({ settleRequests: () => told.promise }).runNow());
  await Promise.race(both);
  told.resolve({ placed: 0, failed: 0, open: 0 });
  const reports = await Promise.all(both);
  expect(reports.filter((report) => report === 'busy')).toHaveLength(1);
  const asked = scene.line.gets().map(({ path }) => path);
  expect(new Set(asked).size).toBe(asked.length);
  expect(asked.length).toBeGreaterThanOrEqual(4);
});

test('a run that is cut off is gone on with by the next one, which asks for nothing twice that is on record', async () => {
  const ids = await scene.calls(30);
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
