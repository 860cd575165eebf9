import { Hono } from 'hono';
import { expect, test, vi } from 'vitest';
import { adminRoute, type CallerEnv, knowsOtherKeys, requireScope, slowGuesses } from '../../src/http/bearer.ts';
import { accessWith } from '../support/admin-access.ts';

const callers = {
  reader: { tenantId: 'acme', keyId: 'r', scopes: ['read'] },
  writer: { tenantId: 'acme', keyId: 'w', scopes: ['write'] },
} as const;
const app = new Hono<CallerEnv>();
const authenticate = (key: string) => callers[key as keyof typeof callers];
app.get('/read', requireScope(authenticate, 'read'), (c) => c.json(c.var.caller));
app.get('/write', requireScope(authenticate, 'write'), (c) => c.json(c.var.caller));
app.get('/admin', adminRoute(accessWith('the-admin-key'), 'Any', 'operations').middleware, (c) => c.text('in'));

const get = (path: string, authorization?: string) =>
  app.request(path, authorization ? { headers: { authorization } } : {});

test.each([
  ['no key at all', undefined],
  ['an unknown key', 'Bearer nobody'],
  ['another scheme', 'Basic reader'],
  ['a key with a blank inside', 'Bearer rea der'],
  ['an empty key', 'Bearer '],
])('%s is unauthorized, and told how to authorize', async (_, authorization) => {
  const response = await get('/read', authorization);
  expect(response.status).toBe(401);
  expect(response.headers.get('www-authenticate')).toBe('Bearer');
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(await response.json()).toMatchObject({ status: 401, code: 'unauthorized' });
});

test('write includes read', async () => {
  expect((await get('/read', 'Bearer writer')).status).toBe(200);
  expect(await (await get('/read', 'bearer reader')).json()).toMatchObject({ tenantId: 'acme', keyId: 'r' });
});

test('a missing scope is forbidden, and named', async () => {
  const response = await get('/write', 'Bearer reader');
  expect(response.status).toBe(403);
  expect(await response.json()).toMatchObject({ code: 'missing_scope', detail: expect.stringContaining('"write"') });
});

test('only the admin key opens the administration', async () => {
  expect((await get('/admin', 'Bearer the-admin-key')).status).toBe(200);
  for (const wrong of [undefined, 'Bearer the-admin-keY', 'Bearer writer'])
    expect((await get('/admin', wrong)).status).toBe(401);
});

test('of a key of the other kind it is said what it is', async () => {
  const knowing = new Hono();
  const isApiKey = (key: string) => authenticate(key) !== undefined;
  knowing.use(knowsOtherKeys({ isAdminKey: (key) => key === 'the-admin-key', isApiKey }));
  knowing.route('/', app);
  const detailOf = async (path: string, key: string) => {
    const answer = await knowing.request(path, { headers: { authorization: `Bearer ${key}` } });
    return [answer.status, ((await answer.json()) as { detail: string }).detail];
  };
  expect(await detailOf('/read', 'the-admin-key')).toEqual([401, expect.stringMatching(/^This is an admin key\./)]);
  expect(await detailOf('/read', 'nobody')).toEqual([401, 'This API key is unknown or has been revoked.']);
  expect(await detailOf('/admin', 'reader')).toEqual([401, expect.stringMatching(/^This is an API key of a tenant\./)]);
  expect(await detailOf('/admin', 'nobody')).toEqual([401, expect.stringMatching(/^Send an admin key/)]);
});

test('guesses at keys are slowed and logged, and a key that opens is not', async () => {
  const warn = vi.fn();
  const guarded = new Hono<CallerEnv>();
  guarded.use(slowGuesses((c) => c.req.header('x-from') ?? '', { warn }, 60));
  guarded.get('/read', requireScope(authenticate, 'read'), (c) => c.text('in'));
  const ask = async (key: string, from = '192.0.2.1') => {
    const answer = await guarded.request('/read', { headers: { authorization: `Bearer ${key}`, 'x-from': from } });
    return [answer.status, answer.headers.get('retry-after')];
  };
  for (let n = 0; n < 60; n++) expect(await ask(`guess-${n}`)).toEqual([401, null]);
  const late = performance.now();
  expect([await ask('guess-60'), await ask('guess-61')]).toEqual([
    [401, '60'],
    [401, '60'],
  ]);
  expect(performance.now() - late).toBeGreaterThan(100);
  expect(warn.mock.calls).toEqual([[{ reason: 'keys_guessed', address: '192.0.2.1' }, 'many unknown keys']]);
  expect([await ask('reader'), await ask('guess', '192.0.2.2')]).toEqual([
    [200, null],
    [401, null],
  ]);
  expect((await guarded.request('/read', { headers: { 'x-from': '192.0.2.1' } })).status).toBe(401); // no key is no guess
});
