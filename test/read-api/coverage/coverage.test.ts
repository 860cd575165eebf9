import { OpenAPIHono } from '@hono/zod-openapi';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { reconciliationRoutes } from '../../../src/administration/reconciliation-routes.ts';
import { coverageRoutes } from '../../../src/read-api/coverage.ts';
import { type Scene, startScene } from '../../reactions/reconciliation/scene.ts';
import { accessWith } from '../../support/admin-access.ts';

const ADMIN = 'the-admin-key-of-the-test';
let scene: Scene;
let app: OpenAPIHono;
const begun: object[] = [];
let busy = false;
beforeAll(async () => {
  scene = await startScene();
  app = new OpenAPIHono();
  const { db, coverage } = scene;
  const authenticate = (key: string) =>
    ['default', 'acme'].includes(key) ? { tenantId: key, keyId: 'k', scopes: ['read' as const] } : undefined;
  app.route('/', coverageRoutes({ db, authenticate, coverage, lag: () => 0 }));
  const reconciliation = {
    begin: async (what: object) => {
      begun.push(what);
      return busy ? ('busy' as const) : {};
    },
    status: () => ({ state: 'running' }),
  };
  const isTenant = (id: string) => id === 'default';
  app.route('/', reconciliationRoutes({ access: accessWith(ADMIN), coverage, isTenant, reconciliation }));
});
afterAll(() => scene.stop());

const get = async (path: string, key = 'default') => {
  const response = await app.request(path, { headers: { authorization: `Bearer ${key}` } });
  return { status: response.status, body: (await response.json()) as { items: object[]; code?: string } };
};
const post = (body: object, key = ADMIN) =>
  app.request('/api/reconciliation', {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const today = () => new Date().toISOString().slice(0, 10);

test('before there was any reconciliation, there is only what the log has, and no percentage', async () => {
  scene.retell.webhooksTo(scene.hook);
  await scene.call('confirmed');
  await scene.retell.quiet();
  await scene.caughtUp();
  expect((await get('/api/coverage')).body.items).toEqual([
    {
      ...{ tenantId: 'default', day: today(), retell: 0, log: 1, missing: 0 },
      facts: { webhook: 3, reconciliation: 0 },
    },
  ]);
});

test('tells what is missing, and how each fact came; to nobody else', async () => {
  const reconciliation = scene.start();
  await scene.run(reconciliation); // its first: what never connected before it is not ours
  scene.retell.webhooksTo({ ...scene.hook, fate: ({ event }) => ({ lost: event === 'call_analyzed' }) });
  await scene.call('confirmed');
  await scene.retell.quiet();
  scene.retell.webhooksTo(undefined);
  await scene.call('dial_busy');
  await scene.retell.quiet();

  // The lists can be read, the calls not.
  scene.line.fails(({ path }) => (path.startsWith('/v2/') ? { status: 500 } : undefined));
  await scene.run(reconciliation);
  const day = { tenantId: 'default', day: today(), askedAt: expect.any(String) };
  expect((await get('/api/coverage')).body.items).toEqual([
    { ...day, retell: 3, log: 2, missing: 2, percent: 33.3, facts: { webhook: 5, reconciliation: 0 } },
  ]);
  scene.line.clear();
  await scene.run(reconciliation);
  const all = { ...day, retell: 3, log: 3, missing: 0, percent: 100, facts: { webhook: 5, reconciliation: 3 } };
  expect((await get('/api/coverage')).body.items).toEqual([all]);
  expect((await get('/api/coverage', 'acme')).body.items).toEqual([]);
  expect((await get('/api/reconciliation/coverage', ADMIN)).body.items).toEqual([all]);
  expect((await get('/api/reconciliation/coverage?tenantId=acme', ADMIN)).body.items).toEqual([]);
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
  expect((await get(`/api/coverage?from=${tomorrow}&to=${tomorrow}`)).body.items).toEqual([]);
});

test('is refused without a key, and where the question is malformed', async () => {
  expect((await get('/api/coverage', 'nobody')).status).toBe(401);
  expect((await get('/api/coverage?from=yesterday')).status).toBe(400);
  expect((await get('/api/coverage?form=2026-01-01T00:00:00Z')).status).toBe(400);
  expect((await get('/api/reconciliation/coverage', 'default')).status).toBe(401);
  expect((await get('/api/reconciliation', 'default')).status).toBe(401);
});

test('a run can be begun by an administrator, of a tenant that there is, and not twice at once', async () => {
  const since = '2026-01-01T00:00:00.000Z';
  const to = '2026-02-01T00:00:00.000Z';
  expect((await post({ tenant: 'default', since, to })).status).toBe(202);
  expect(begun).toEqual([{ tenant: 'default', since: Date.parse(since), to: Date.parse(to) }]);
  expect((await post({}, 'default')).status).toBe(401);
  expect((await post({ tenant: 'nobody' })).status).toBe(404);
  expect((await post({ to })).status).toBe(400);
  expect((await post({ since: to, to: since })).status).toBe(400);
  expect((await post({ since: '9999-12-31T23:00:00-14:00' })).status).toBe(400); // the year 10000 in UTC
  busy = true;
  expect((await post({})).status).toBe(409);
});
