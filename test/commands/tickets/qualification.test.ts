import { afterAll, beforeAll, expect, test } from 'vitest';
import { decode } from '../../../src/events/codec.ts';
import { callStream } from '../../../src/events/streams.ts';
import { eventStore, service } from '../tenants/scene.ts';
import { ended, newCallId, openDoor } from '../webhooks/door.ts';

let store: Awaited<ReturnType<typeof eventStore>>;
let admin: Awaited<ReturnType<typeof service>>;
beforeAll(async () => {
  store = await eventStore();
  admin = await service(store.log);
});
afterAll(async () => {
  await admin.stop();
  await store.stop();
});

test('a tenant’s own words for tickets are kept, merged and shown', async () => {
  const { ask } = admin;
  const put = await ask('PUT', '/api/tenants/words', { qualification: { qualified: 'new', unanswered: 'closed' } });
  expect([put.status, put.body.qualification]).toEqual([200, { qualified: 'new', unanswered: 'closed' }]);
  const patched = await ask('PATCH', '/api/tenants/words', {
    qualification: { qualified: null, conversation: 'qualified' },
  });
  expect(patched.body.qualification).toEqual({ unanswered: 'closed', conversation: 'qualified' });
  expect((await ask('PATCH', '/api/tenants/words', { name: 'W' })).body.qualification).toEqual({
    unanswered: 'closed',
    conversation: 'qualified',
  });
  expect((await ask('PATCH', '/api/tenants/words', { qualification: null })).body).not.toHaveProperty('qualification');
});

test.each([
  [{ qualified: 'done' }, 'qualification.qualified'],
  [{ lucky: 'new' }, 'qualification'],
  ['new', 'qualification'],
])('%j is no such rule', async (qualification, path) => {
  for (const method of ['PUT', 'PATCH']) {
    const { status, body } = await admin.ask(method, '/api/tenants/default', { qualification });
    expect([status, body.errors[0].path]).toEqual([400, path]);
  }
});

test('a fact keeps the words that were in force when it came', async () => {
  const { ask, directory } = admin;
  const key = 'webhook-key-of-the-tenant';
  await ask('PUT', '/api/tenants/acme', { qualification: { qualified: 'contacted' } });
  await ask('POST', '/api/tenants/acme/webhook-keys', { key });
  const door = await openDoor(store.log, { tenants: directory });
  const stamped = async () => {
    const callId = newCallId();
    const path = '/t/acme/api/webhooks/retell-inbound-ticket';
    expect((await door.post(ended(callId), { path, key })).status).toBe(204);
    return decode((await store.log.read(callStream('acme', callId)))[0]!)?.metadata.qualification;
  };
  expect(await stamped()).toEqual({ qualified: 'contacted' });
  await ask('PUT', '/api/tenants/acme', {});
  expect(await stamped()).toBeUndefined();
  await door.close();
});
