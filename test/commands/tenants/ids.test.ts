import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventStore, service } from './scene.ts';

let store: Awaited<ReturnType<typeof eventStore>>;
let admin: Awaited<ReturnType<typeof service>>;
beforeAll(async () => {
  store = await eventStore();
  admin = await service(store.log);
});
afterAll(async () => {
  await admin?.stop();
  await store?.stop();
});

test.each([
  ['PATCH', '/api/tenants/Acme', {}],
  ['GET', '/api/tenants/-a', undefined],
  ['GET', '/api/tenants/%00', undefined],
  ['POST', '/api/tenants/a.b/api-keys', { scopes: ['read'] }],
  ['DELETE', '/api/tenants/%00/webhook-keys/%00', undefined],
])('%s %s: a tenant that cannot be is not found either', async (method, path, body) => {
  const answer = await admin.ask(method, path, body);
  expect([answer.status, answer.body.code]).toEqual([404, 'unknown_tenant']);
});

test.each(['%00', 'x'.repeat(1000), 'nobody'])('a key that cannot be is not found: %#', async (keyId) => {
  await admin.ask('PUT', '/api/tenants/keyless', {});
  for (const kind of ['webhook-keys', 'api-keys']) {
    const answer = await admin.ask('DELETE', `/api/tenants/keyless/${kind}/${keyId}`);
    expect([answer.status, answer.body.code]).toEqual([404, 'unknown_key']);
  }
});
