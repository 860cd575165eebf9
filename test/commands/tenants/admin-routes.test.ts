import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventStore, type Service, service } from './scene.ts';

let store: Awaited<ReturnType<typeof eventStore>>;
let admin: Service;

beforeAll(async () => {
  store = await eventStore();
  admin = await service(store.log, { environmentKeys: ['key-of-the-environment'] });
});
afterAll(async () => {
  await admin?.stop();
  await store?.stop();
});

const acme = { name: 'Acme', timeZone: 'Europe/Berlin', defaultRegion: 'DE' };
const typesOf = async (id: string) => (await store.log.read(`tenant-${id}`)).map((event) => event.type);

test('the tenant "default" exists and is listed before anybody registered it', async () => {
  const { status, body } = await admin.ask('GET', '/api/tenants');
  expect(status).toBe(200);
  expect(body.items.map((tenant: { id: string }) => tenant.id)).toEqual(['default']);
  expect(body.items[0].webhookKeys).toEqual([{ keyId: expect.stringMatching(/^wk_/), source: 'environment' }]);
});

test('a tenant is registered by the first PUT and shown without secrets', async () => {
  const put = await admin.ask('PUT', '/api/tenants/acme', { ...acme, retellApiKey: 'retell-secret-1' });
  expect(put.status).toBe(200);
  expect(put.body).toEqual({ id: 'acme', ...acme, retellApiKeySet: true, webhookKeys: [], apiKeys: [] });
  expect((await admin.ask('GET', '/api/tenants/acme')).body).toEqual(put.body);
  expect(admin.directory.retellApiKey('acme')).toBe('retell-secret-1');
});

test('the same PUT again records nothing, although the secret would be sealed differently', async () => {
  const body = { ...acme, retellApiKey: 'retell-secret-2' };
  await admin.ask('PUT', '/api/tenants/twice', body);
  await admin.ask('PUT', '/api/tenants/twice', body);
  expect(await typesOf('twice')).toEqual(['TenantRegistered', 'SettingsChanged']);
});

test('PUT replaces the settings and leaves the keys alone', async () => {
  await admin.ask('PUT', '/api/tenants/replaced', { ...acme, retellApiKey: 'retell-secret-3' });
  await admin.ask('POST', '/api/tenants/replaced/webhook-keys', { key: 'webhook-secret-3' });
  await admin.ask('POST', '/api/tenants/replaced/api-keys', { scopes: ['read'] });
  const { body } = await admin.ask('PUT', '/api/tenants/replaced', { name: 'New' });
  expect(body).toMatchObject({ name: 'New', retellApiKeySet: false });
  expect(body).not.toHaveProperty('timeZone');
  expect(body.webhookKeys).toHaveLength(1);
  expect(body.apiKeys).toHaveLength(1);
});

test('PATCH merges, null unsets, keys stay', async () => {
  await admin.ask('PUT', '/api/tenants/patched', {
    ...acme,
    retellApiKey: 'retell-secret-4',
    mail: { enabled: false, recipients: ['office@acme.example'] },
    fieldNames: { appointment_confirmed: ['zugesagt'], qualified: ['passt'] },
    agentEndpoints: { agent_1: 'retell', agent_2: 'retell-inbound-ticket' },
  });
  const { body } = await admin.ask('PATCH', '/api/tenants/patched', {
    name: null,
    mail: { enabled: true },
    fieldNames: { qualified: null, outcome: ['ergebnis'] },
    agentEndpoints: { agent_1: null, agent_3: 'retell-outbound-ticket' },
  });
  expect(body).toEqual({
    id: 'patched',
    timeZone: 'Europe/Berlin',
    defaultRegion: 'DE',
    mail: { enabled: true, recipients: ['office@acme.example'] },
    fieldNames: { appointment_confirmed: ['zugesagt'], outcome: ['ergebnis'] },
    agentEndpoints: { agent_2: 'retell-inbound-ticket', agent_3: 'retell-outbound-ticket' },
    retellApiKeySet: true,
    webhookKeys: [],
    apiKeys: [],
  });
  expect((await admin.ask('PATCH', '/api/tenants/patched', { retellApiKey: null })).body.retellApiKeySet).toBe(false);
  const without = await admin.ask('PATCH', '/api/tenants/patched', { agentEndpoints: null });
  expect(without.body).not.toHaveProperty('agentEndpoints');
});

test('agents can be put to endpoints one by one, but not without end', async () => {
  const agents = (from: number, to: number) =>
    Object.fromEntries(Array.from({ length: to - from }, (_, i) => [`agent_${from + i}`, 'retell']));
  const path = '/api/tenants/agents';
  expect((await admin.ask('PUT', path, { agentEndpoints: agents(0, 499) })).status).toBe(200);
  expect((await admin.ask('PATCH', path, { agentEndpoints: agents(498, 500) })).status).toBe(200);
  const { status, body } = await admin.ask('PATCH', path, { agentEndpoints: agents(500, 501) });
  expect([status, body.code]).toEqual([400, 'invalid_request']);
  expect(body.errors).toEqual([{ path: 'agentEndpoints', message: 'must be at most 500 agents' }]);
  expect(Object.keys((await admin.ask('GET', path)).body.agentEndpoints)).toHaveLength(500);
});

test.each([
  ['PATCH', '/api/tenants/nobody', {}],
  ['GET', '/api/tenants/nobody', undefined],
  ['POST', '/api/tenants/nobody/webhook-keys', { key: 'webhook-secret' }],
  ['POST', '/api/tenants/nobody/api-keys', { scopes: ['read'] }],
  ['DELETE', '/api/tenants/nobody/webhook-keys/wk_1', undefined],
  ['DELETE', '/api/tenants/nobody/api-keys/abc', undefined],
])('%s %s: an unregistered tenant is not found, with the remedy', async (method, path, body) => {
  const answer = await admin.ask(method, path, body);
  expect(answer.status).toBe(404);
  expect(answer.body).toMatchObject({
    code: 'unknown_tenant',
    detail: expect.stringContaining('PUT /api/tenants/nobody'),
  });
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
});

test.each([
  ['a time zone that does not exist', { timeZone: 'Europe/Atlantis' }, 'timeZone'],
  ['an offset for a time zone', { timeZone: '+02:00' }, 'timeZone'],
  ['a region in lower case', { defaultRegion: 'de' }, 'defaultRegion'],
  ['a region that does not exist', { defaultRegion: 'ZZ' }, 'defaultRegion'],
  ['no address', { mail: { enabled: true, recipients: ['office'] } }, 'mail.recipients.0'],
  [
    'a line break in an address',
    { mail: { enabled: true, recipients: ['a@b.example\r\nBcc: x@y.example'] } },
    'mail.recipients.0',
  ],
  ['a line break in a name', { name: 'Acme\r\nBcc: x@y.example' }, 'name'],
  ['a field name that is no list', { fieldNames: { outcome: 'ergebnis' } }, 'fieldNames.outcome'],
  ['an endpoint that does not exist', { agentEndpoints: { agent_1: 'retell-ticket' } }, 'agentEndpoints.agent_1'],
  [
    'more agents than anybody has',
    { agentEndpoints: Object.fromEntries(Array.from({ length: 501 }, (_, i) => [`a${i}`, 'retell'])) },
    'agentEndpoints',
  ],
  ['half a mail setting', { mail: { enabled: true } }, 'mail.recipients'],
  ['a secret with a space', { retellApiKey: 'two words' }, 'retellApiKey'],
  ['a field that does not exist', { colour: 'red' }, ''],
])('PUT refuses %s and says where', async (_, body, path) => {
  const answer = await admin.ask('PUT', '/api/tenants/refused', body);
  expect(answer.status).toBe(400);
  expect(answer.body.errors.map((error: { path: string }) => error.path)).toEqual([path]);
  expect(await typesOf('refused')).toEqual([]);
});

test.each([
  ['PUT', '/api/tenants/Acme', {}],
  ['PUT', '/api/tenants/a.b', {}],
  ['PUT', `/api/tenants/${'a'.repeat(64)}`, {}],
  ['POST', '/api/tenants/acme/webhook-keys', { key: 'short' }],
  ['POST', '/api/tenants/acme/webhook-keys', { key: 'x'.repeat(513) }],
  ['POST', '/api/tenants/acme/webhook-keys', { key: 'with a space' }],
  ['POST', '/api/tenants/acme/webhook-keys', {}],
  ['POST', '/api/tenants/acme/api-keys', { scopes: [] }],
  ['POST', '/api/tenants/acme/api-keys', { scopes: ['admin'] }],
  ['PUT', '/api/tenants/acme', '{"name": '],
  ['PATCH', '/api/tenants/acme', '[]'],
])('%s %s is refused as it stands (%#)', async (method, path, body) => {
  const answer = await admin.ask(method, path, body);
  expect(answer.status).toBe(400);
  expect(answer.body).toMatchObject({ code: 'invalid_request', errors: [expect.anything()] });
});

test('a body that is too large or no JSON by its type is refused', async () => {
  expect((await admin.ask('PUT', '/api/tenants/acme', { name: 'x'.repeat(70_000) })).status).toBe(413);
  const form = await admin.ask('PUT', '/api/tenants/acme', 'name=Acme', {
    'content-type': 'application/x-www-form-urlencoded',
  });
  expect([form.status, form.body.code]).toEqual([415, 'unsupported_media_type']);
});

test('nothing is answered without the admin key', async () => {
  for (const [method, path] of [
    ['GET', '/api/tenants'],
    ['GET', '/api/tenants/acme'],
    ['PUT', '/api/tenants/acme'],
    ['PATCH', '/api/tenants/acme'],
    ['POST', '/api/tenants/acme/webhook-keys'],
    ['DELETE', '/api/tenants/acme/webhook-keys/x'],
    ['POST', '/api/tenants/acme/api-keys'],
    ['DELETE', '/api/tenants/acme/api-keys/x'],
  ] as const) {
    const answer = await admin.ask(method, path, undefined, { authorization: 'Bearer wrong' });
    expect([method, path, answer.status]).toEqual([method, path, 401]);
  }
});

test('two webhook keys are in force during a rotation, then the new one alone', async () => {
  await admin.ask('PUT', '/api/tenants/rotating', {});
  const add = (key: string) => admin.ask('POST', '/api/tenants/rotating/webhook-keys', { key });
  const old = (await add('old-webhook-secret')).body.keyId;
  const added = await add('new-webhook-secret');
  expect(added.status).toBe(201);
  const both = admin.directory.get('rotating')?.webhookKeys.map((k) => k.key);
  expect(both).toEqual(['old-webhook-secret', 'new-webhook-secret']);
  expect((await admin.ask('DELETE', `/api/tenants/rotating/webhook-keys/${old}`)).status).toBe(204);
  const tenant = admin.directory.get('rotating');
  expect(tenant?.webhookKeys).toEqual([{ keyId: added.body.keyId, key: 'new-webhook-secret' }]);
  expect(tenant?.formerWebhookKeys).toEqual([{ keyId: old, key: 'old-webhook-secret' }]);
});

test('the same webhook key has the same id, is added once, retired once, and may come back', async () => {
  await admin.ask('PUT', '/api/tenants/again', {});
  const add = () => admin.ask('POST', '/api/tenants/again/webhook-keys', { key: 'one-webhook-secret' });
  const { keyId } = (await add()).body;
  expect((await add()).body.keyId).toBe(keyId);
  const retire = () => admin.ask('DELETE', `/api/tenants/again/webhook-keys/${keyId}`);
  expect((await retire()).status).toBe(204);
  expect((await retire()).status).toBe(204);
  expect((await add()).status).toBe(201);
  expect((await typesOf('again')).slice(1)).toEqual(['WebhookKeyAdded', 'WebhookKeyRetired', 'WebhookKeyAdded']);
  expect(admin.directory.get('again')?.webhookKeys).toHaveLength(1);
  const ids = (await store.log.read('tenant-again')).map((event) => event.id);
  expect(new Set(ids).size).toBe(ids.length); // added again is another event than added
});

test('the same webhook key of two tenants has two ids', async () => {
  await admin.ask('PUT', '/api/tenants/left', {});
  await admin.ask('PUT', '/api/tenants/right', {});
  const ids = await Promise.all(
    ['left', 'right'].map((id) => admin.ask('POST', `/api/tenants/${id}/webhook-keys`, { key: 'shared-secret' })),
  );
  expect(new Set(ids.map(({ body }) => body.keyId)).size).toBe(2);
});

test('a key that the environment puts in force cannot be retired here', async () => {
  const { keyId } = admin.directory.get('default')!.webhookKeys[0]!;
  const answer = await admin.ask('DELETE', `/api/tenants/default/webhook-keys/${keyId}`);
  expect([answer.status, answer.body.code]).toEqual([409, 'key_from_environment']);
});

test('an unknown key is not found', async () => {
  for (const kind of ['webhook-keys', 'api-keys']) {
    const answer = await admin.ask('DELETE', `/api/tenants/default/${kind}/nothing`);
    expect([answer.status, answer.body.code]).toEqual([404, 'unknown_key']);
  }
});

test('an API key is shown once, opens its own tenant, and nothing from the moment it is revoked', async () => {
  await admin.ask('PUT', '/api/tenants/keyed', {});
  const issued = await admin.ask('POST', '/api/tenants/keyed/api-keys', { name: 'desk', scopes: ['write'] });
  expect(issued.status).toBe(201);
  const { keyId, key, ...order } = issued.body;
  expect(order).toEqual({ name: 'desk', scopes: ['write'] });
  const shown = { keyId, name: 'desk', scopes: ['write'], createdAt: expect.stringMatching(/Z$/) };
  expect((await admin.ask('GET', '/api/tenants/keyed')).body.apiKeys).toEqual([shown]);
  expect(key).toMatch(new RegExp(`^cl_${keyId}_[A-Za-z0-9_-]{43}$`));
  expect(admin.directory.authenticate(key)).toEqual({ tenantId: 'keyed', keyId, scopes: ['write'] });
  expect(await admin.whoami(key)).toBe(200);
  expect(await admin.whoami(`${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`)).toBe(401);
  const revoke = () => admin.ask('DELETE', `/api/tenants/keyed/api-keys/${keyId}`);
  expect((await revoke()).status).toBe(204);
  expect(await admin.whoami(key)).toBe(401);
  expect((await revoke()).status).toBe(204);
  expect(await typesOf('keyed')).toEqual(['TenantRegistered', 'ApiKeyIssued', 'ApiKeyRevoked']);
  expect((await admin.ask('GET', '/api/tenants/keyed')).body.apiKeys).toEqual([]);
});

test('many changes of one tenant at once all come through, each once', async () => {
  await admin.ask('PUT', '/api/tenants/busy', {});
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => admin.ask('POST', '/api/tenants/busy/api-keys', { scopes: ['read'] })),
  );
  expect(answers.map((a) => a.status)).toEqual(Array(12).fill(201));
  expect(admin.directory.get('busy')?.apiKeys).toHaveLength(12);
  expect(await typesOf('busy')).toHaveLength(13);
});

test('of many webhook keys at once two come through', async () => {
  await admin.ask('PUT', '/api/tenants/hasty', {});
  const answers = await Promise.all(
    Array.from({ length: 4 }, (_, i) =>
      admin.ask('POST', '/api/tenants/hasty/webhook-keys', { key: `secret-no-${i}` }),
    ),
  );
  expect(answers.map((a) => a.status).toSorted()).toEqual([201, 201, 409, 409]);
  expect(answers.find((a) => a.status === 409)?.body.code).toBe('too_many_webhook_keys');
});

test('no secret stands in an answer after it was issued, in the process log, or in the event log', async () => {
  await admin.ask('PUT', '/api/tenants/quiet', { retellApiKey: 'TOPSECRET-retell-api-key' });
  await admin.ask('POST', '/api/tenants/quiet/webhook-keys', { key: 'TOPSECRET-webhook-key' });
  await admin.ask('PUT', '/api/tenants/quiet', { retellApiKey: 'TOPSECRET with spaces' });
  await admin.ask('POST', '/api/tenants/quiet/webhook-keys', { key: 'TOPSEC' });
  const { key } = (await admin.ask('POST', '/api/tenants/quiet/api-keys', { scopes: ['read'] })).body;
  await admin.ask('GET', '/api/tenants');
  await admin.ask('GET', '/api/tenants/quiet');
  const events = await store.log.read('tenant-quiet');
  const written = JSON.stringify([events, await store.log.read('tenant-default')], (_, v) =>
    typeof v === 'bigint' ? `${v}` : v,
  );
  expect(events.map((e) => e.type)).toEqual(['TenantRegistered', 'SettingsChanged', 'WebhookKeyAdded', 'ApiKeyIssued']);
  for (const text of [written, admin.logged()]) {
    expect(text).toContain('quiet');
    expect(text).not.toContain('TOPSEC');
    expect(text).not.toContain(key);
    expect(text).not.toContain('key-of-the-environment');
  }
  expect(admin.answers()).not.toContain('TOPSEC');
  expect(admin.answers()).not.toContain('key-of-the-environment');
  expect(admin.answers().split(key)).toHaveLength(2); // once, when it was issued
  const sealed = /v1\.[0-9a-f]{8}\.[A-Za-z0-9_-]+/;
  expect(written).toMatch(sealed);
  expect(admin.answers()).not.toMatch(sealed);
});
