import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { measureReconciliation } from '../../../src/measurements.ts';
import type { Reconciliation } from '../../../src/reactions/reconciliation/start.ts';
import { directory, tenant } from '../../commands/webhooks/door.ts';
import type { Fault, Passing } from './faulty-line.ts';
import { logged, type Scene, startScene } from './scene.ts';

// What Retell's lists say has an end, whatever they say: two tenants, and the lists of one of them go wrong.

const tenants = directory(['default', 'acme'].map((id) => tenant(id, [])));
let scene: Scene;
let reconciliation: Reconciliation;
beforeAll(async () => {
  scene = await startScene({ tenants: tenants.list() });
  scene.line.keys(() => scene.retell.apiKey);
  reconciliation = scene.start({ tenants, retellApiKeyOf: (id) => `key_${id}`, pace: { pageSize: 100 } });
  await scene.run(reconciliation);
});
afterEach(async () => {
  scene.line.clear();
  const { tenants } = await scene.run(reconciliation); // nothing holds up the next run
  expect(tenants.map(({ phase, cause }) => ({ phase, cause }))).toEqual([{ phase: 'done' }, { phase: 'done' }]);
});
afterAll(() => scene.stop());

const isWindow = ({ path, key, body }: Passing) =>
  path === '/v3/list-calls' && key === 'key_default' && body.includes('end_timestamp');
const windows = () => scene.line.passed.filter(isWindow);
const keyOf = ({ body }: Passing) => JSON.parse(body).pagination_key as string | undefined;
let made = 0;
const item = (call_id: unknown = `call_made_up_${made++}`) => ({ call_id, call_status: 'not_connected' });
const says = (page: object): Fault => ({ answer: () => JSON.stringify({ items: [], has_more: true, ...page }) });

type Misbehaving = (asked: Passing, nth: number) => Fault | undefined;
const fresh: Misbehaving = (_, nth) => says({ pagination_key: `k${nth}` });
const same = [1, 2, 3].map((n) => item(`call_again_${n}`));

describe('a list of one tenant, and the run ends, the cause is told, and the other tenant is read', () => {
  test.each<[string, string, Misbehaving, number]>([
    ['keys A, B, A, B', 'list_in_circles', (r) => says({ pagination_key: keyOf(r) === 'A' ? 'B' : 'A' }), 3],
    ['a circle of calls', 'list_in_circles', (_, n) => says({ items: [item()], pagination_key: `k${n % 7}` }), 8],
    ['a page that leads to itself', 'list_in_circles', () => says({ pagination_key: 'A' }), 2],
    ['empty pages and ever new keys', 'list_stands_still', fresh, 3],
    ['the same calls on each page', 'list_stands_still', (_, n) => says({ items: same, pagination_key: `k${n}` }), 4],
    ['more without a key', 'list_without_key', () => says({}), 3],
    ['a key that is a number', 'list_without_key', () => says({ pagination_key: 7 }), 3],
    ['a key as long as a book', 'list_without_key', () => says({ pagination_key: 'k'.repeat(100_000) }), 3],
    ['a page of more calls than asked for', 'page_too_long', () => says({ items: Array(101).fill(item()) }), 1],
    ['a list that is no list', 'answer_unknown_shape', () => ({ answer: () => '[]' }), 3],
    ['items that are none', 'answer_unknown_shape', () => says({ items: { 0: item() } }), 3],
    ['no JSON', 'answer_not_json', () => ({ answer: () => '{"items":[' }), 3],
    ['brackets without an end', 'answer_too_deep', () => ({ answer: () => '['.repeat(10_000) }), 1],
    ['an answer without an end', 'answer_too_large', () => 'endless', 3],
  ])('%s: %s', async (_, cause, misbehave, requests) => {
    const theirs = await scene.call('confirmed', { metadata: { tenant_id: 'acme' } });
    await scene.retell.quiet();
    scene.line.clear();
    let nth = 0;
    scene.line.fails((asked) => (isWindow(asked) ? misbehave(asked, ++nth) : undefined));
    const [broken, other] = (await scene.run(reconciliation)).tenants;
    expect(broken).toMatchObject({ tenantId: 'default', phase: 'later', cause });
    expect(windows()).toHaveLength(requests);
    expect(other).toMatchObject({ tenantId: 'acme', phase: 'done' });
    expect(await scene.types(theirs, 'acme')).toHaveLength(3);
    expect(logged()).toContain(`"reason":"list_broken","tenantId":"default","list":"window","cause":"${cause}"`);
    const registry = new Registry();
    measureReconciliation(registry, reconciliation);
    expect(await registry.metrics()).toContain(`call_ledger_reconciliation_cut_short_tenants{cause="${cause}"} 1`);
    await scene.pool.query("delete from reactions.retell_calls where call_id ~ 'made_up|again'");
  });

  test.each([
    ['a call', 1, 50],
    ['twenty calls', 20, 1000],
  ])('ever new keys, and %s on each page', async (_, calls, pages) => {
    const hasty = scene.start({ tenants, retellApiKeyOf: (id) => `key_${id}`, pace: { requestsPerSecond: 5000 } });
    scene.line.clear();
    const ongoing = () => ({ ...item(), call_status: 'ongoing' });
    scene.line.fails((asked) =>
      isWindow(asked) ? says({ items: Array.from({ length: calls }, ongoing), pagination_key: `k${made}` }) : undefined,
    );
    const [broken] = (await scene.run(hasty)).tenants;
    expect(broken).toMatchObject({ phase: 'later', cause: 'list_too_long', listed: calls * pages });
    await scene.pool.query("delete from reactions.retell_calls where call_id ~ 'made_up'");
  });
});

test('what stands in a broken list is taken, and so is every other list', async () => {
  const [listed, unreached] = [await scene.call('confirmed'), await scene.call('dial_busy')];
  await scene.retell.quiet();
  scene.line.fails((asked) =>
    isWindow(asked)
      ? { answer: (body) => JSON.stringify({ ...JSON.parse(keyOf(asked) ? '{"items":[]}' : body), ...toItself }) }
      : undefined,
  );
  const toItself = { has_more: true, pagination_key: 'A' };
  expect((await scene.run(reconciliation)).tenants[0]).toMatchObject({ phase: 'later', cause: 'list_in_circles' });
  expect(await scene.types(listed)).toHaveLength(3);
  expect(await scene.types(unreached)).toHaveLength(2);
});

test('a key without a word about more is followed as long as there is something', async () => {
  const pages = [['a', 'b'], ['c'], []].map((names) => names.map((name) => item(`call_paged_${name}`)));
  scene.line.fails((asked) => {
    if (!isWindow(asked)) return undefined;
    const at = Number(keyOf(asked) ?? 0);
    return says({ items: pages[at], pagination_key: `${at + 1}`, has_more: undefined });
  });
  scene.line.passed.length = 0;
  expect((await scene.run(reconciliation)).tenants[0]).toMatchObject({ phase: 'done' });
  expect(windows().map(keyOf)).toEqual([undefined, '1', '2']);
  await scene.pool.query("delete from reactions.retell_calls where call_id ~ 'paged'");
});

test('a page too large to be read is asked for in smaller ones', async () => {
  const callId = await scene.call('confirmed');
  await scene.retell.quiet();
  scene.line.fails((asked) => (isWindow(asked) && JSON.parse(asked.body).limit > 1 ? 'endless' : undefined));
  expect((await scene.run(reconciliation)).tenants[0]).toMatchObject({ phase: 'done' });
  expect(await scene.types(callId)).toHaveLength(3);
});

test.each([
  ['null', null],
  ['a number', 7],
  ['no id', { call_status: 'ended' }],
  ['an id that is a number', { call_id: 42 }],
  ['an id with a control character', { call_id: 'call\u0000_1' }],
  ['an id with a space around', { call_id: ' call_1' }],
  ['an id as long as a book', { call_id: 'c'.repeat(5000) }],
  ['a word that stands for nothing', { call_id: 'undefined' }],
])('an item that is no call (%s) is told, and keeps no other one out', async (_, odd) => {
  const callId = await scene.call('confirmed');
  await scene.retell.quiet();
  scene.line.fails((asked) =>
    isWindow(asked)
      ? {
          answer: (body) => {
            const page = JSON.parse(body);
            return JSON.stringify({ ...page, items: [odd, ...page.items] });
          },
        }
      : undefined,
  );
  const [report] = (await scene.run(reconciliation)).tenants;
  expect(report).toMatchObject({ phase: 'later', cause: 'item_unreadable', unreadable: 1 });
  expect(await scene.types(callId)).toHaveLength(3);
});
