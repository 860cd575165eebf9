import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { OpenAPIHono } from '@hono/zod-openapi';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { reconciliationRoutes } from '../../../src/administration/reconciliation-routes.ts';
import type { Reconciliation } from '../../../src/reactions/reconciliation/start.ts';

import { callLedger as cli } from '../../cli/command.ts';
import { directory, tenant } from '../../commands/webhooks/door.ts';
import { accessWith } from '../../support/admin-access.ts';
import { type Scene, startScene } from './scene.ts';

const ADMIN = 'the-admin-key-of-the-test';
let scene: Scene;
let reconciliation: Reconciliation;
let server: ReturnType<typeof serve>;
let asOperator: readonly string[];
beforeAll(async () => {
  scene = await startScene();
  // An account with a past.
  await Promise.all([scene.call('confirmed'), scene.call('dial_busy'), scene.call('cancelled')]);
  await scene.retell.quiet();
  reconciliation = scene.start();
  const app = new OpenAPIHono();
  const { coverage } = scene;
  app.route(
    '/',
    reconciliationRoutes({ access: accessWith(ADMIN), reconciliation, coverage, isTenant: (id) => id === 'default' }),
  );
  server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
  await new Promise((resolve) => server.once('listening', resolve));
  asOperator = ['--url', `http://127.0.0.1:${(server.address() as AddressInfo).port}`, '--admin-key', ADMIN];
});
afterEach(() => scene.line.clear());
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await scene.stop();
});

const HOUR = 3_600_000;
const ids = (story: string) =>
  scene.retell
    .calls()
    .filter(({ metadata }) => scene.retell.truth(String(metadata!.call_session_id))[0]!.story.name.startsWith(story))
    .map(({ call_id }) => call_id);

test('what never connected before the first run is not of our time, unless an operator says so', async () => {
  await scene.run(reconciliation);
  expect(await scene.types(ids('dial_busy')[0]!)).toEqual([]);
  expect(await scene.covered()).toMatchObject({ retell: 2, missing: 0 });
  await scene.run(reconciliation, { since: Date.now() - HOUR });
  expect(await scene.types(ids('dial_busy')[0]!)).toEqual(['CallAnalyzed', 'CallEnded']);
  expect(await scene.covered()).toMatchObject({ retell: 3, missing: 0 });
});

test('a backfill takes a period, and what has no time, and goes on where it was interrupted', async () => {
  // Lists of the past: a call in each of three days, as long as it is asked for that day; and two that never connected.
  const now = Date.now();
  const day = (n: number) => now - (40 - n) * 24 * HOUR;
  const common = { call_type: 'phone_call', agent_id: 'a', direction: 'outbound', call_analysis: {} };
  const past = (n: string) =>
    n.startsWith('u')
      ? { ...common, call_id: `call_past_${n}`, call_status: 'not_connected', disconnection_reason: 'dial_no_answer' }
      : {
          ...{ ...common, call_id: `call_past_${n}`, call_status: 'ended' },
          ...{ start_timestamp: day(Number(n)) + HOUR, end_timestamp: day(Number(n)) + 2 * HOUR },
        };
  const slices: number[] = [];
  let broken = false;
  await scene.run(reconciliation);
  scene.line.fails(({ path, body }) => {
    const asked = /call_past_(\w+)$/.exec(path);
    if (asked) return { answer: () => JSON.stringify(past(asked[1]!)) };
    if (path !== '/v3/list-calls') return undefined;
    const { filter_criteria, pagination_key } = JSON.parse(body);
    if (filter_criteria.call_status)
      return pagination_key === undefined
        ? { answer: () => JSON.stringify({ items: [past('u1')], has_more: true, pagination_key: 'more' }) }
        : { answer: () => JSON.stringify({ items: [past('u2')], has_more: false }) };
    const n = Math.round((filter_criteria.end_timestamp.value[0] - day(0)) / (24 * HOUR));
    if (n < 0 || n > 2) return { answer: () => '{"items":[],"has_more":false}' };
    slices.push(n);
    return broken && n === 2
      ? { status: 500 }
      : { answer: () => JSON.stringify({ items: [past(`${n}`)], has_more: false }) };
  });
  // Seen by the regular run, and left alone as older than this service.
  await scene.pool.query('delete from reactions.retell_sweeps');
  await scene.run(reconciliation);
  expect(await scene.types('call_past_u2')).toEqual([]);

  broken = true;
  const period = { tenant: 'default', since: day(0), to: day(3) };
  expect((await scene.run(reconciliation, period)).tenants[0]).toMatchObject({ phase: 'later', listed: 2 });
  expect(slices).toEqual([0, 1, 2, 2, 2]);
  broken = false;
  slices.length = 0;
  expect((await scene.run(reconciliation, period)).tenants[0]).toMatchObject({ phase: 'done', listed: 3 });
  expect(slices).toEqual([2]);
  for (const n of [0, 1, 2])
    expect(await scene.types(`call_past_${n}`)).toEqual(['CallAnalyzed', 'CallEnded', 'CallStarted']);
  for (const n of ['u1', 'u2']) expect(await scene.types(`call_past_${n}`)).toEqual(['CallAnalyzed', 'CallEnded']);
  expect(await scene.session('call_past_u2')).toMatchObject({ status: 'no_answer' });
});

test('tenants that share an account take what names them, or what they have had calls of', async () => {
  const tenants = directory(['default', 'acme'].map((id) => tenant(id, [])));
  const [named, nameless] = [
    await scene.call('confirmed', { metadata: { tenant_id: 'acme' }, agent: 'agent_new' }),
    await scene.call('confirmed', { agent: 'agent_new' }),
  ];
  await scene.retell.quiet();
  await scene.run(scene.start({ tenants }));
  expect(await scene.types(named, 'acme')).toHaveLength(3);
  for (const id of ['default', 'acme']) expect(await scene.types(nameless, id)).toEqual([]);
});

test('an operator begins a run and sees its end, and the coverage', async () => {
  const callId = await scene.call('rescheduled');
  await scene.retell.quiet();
  const ran = await cli([...asOperator, 'reconcile', '--tenant', 'default', '--since', '1h']);
  expect(ran).toMatchObject({ code: 0 });
  expect(ran.out).toMatch(/^default +done/m);
  expect(await scene.types(callId)).toHaveLength(3);
  await scene.caughtUp();
  const covered = await cli([...asOperator, 'coverage', '--from', '1d']);
  expect(covered).toMatchObject({ code: 0 });
  expect(covered.out).toMatch(/default .* 100 %$/m);
  expect((await cli([...asOperator, 'reconcile', '--tenant', 'nobody'])).code).toBe(1);
  expect((await cli([...asOperator, 'reconcile', '--since', 'soon'])).code).toBe(2);
  const backfill = ['backfill', '--tenant', 'default', '--from', '2026-01-02', '--to'];
  expect(await cli([...asOperator, ...backfill, '2026-01-04'])).toMatchObject({ code: 0 });
  expect((await cli([...asOperator, ...backfill, '2026-01-01'])).code).toBe(2);
});
