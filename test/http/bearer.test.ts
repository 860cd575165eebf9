import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { type CallerEnv, requireAdmin, requireScope } from '../../src/http/bearer.ts';

const callers = {
  reader: { tenantId: 'acme', keyId: 'r', scopes: ['read'] },
  writer: { tenantId: 'acme', keyId: 'w', scopes: ['write'] },
} as const;
const app = new Hono<CallerEnv>();
const authenticate = (key: string) => callers[key as keyof typeof callers];
app.get('/read', requireScope(authenticate, 'read'), (c) => c.json(c.var.caller));
app.get('/write', requireScope(authenticate, 'write'), (c) => c.json(c.var.caller));
app.get('/admin', requireAdmin('the-admin-key'), (c) => c.text('in'));

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
