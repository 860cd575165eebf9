import { afterEach, beforeEach, expect, test } from 'vitest';
import { sha256 } from '../../../src/events/identity.ts';
import { isAsSigned, type RawDelivery } from '../../../src/evidence/evidence.ts';
import { sign } from '../../support/service.ts';
import { eventStore, MASTER_KEY, service } from './scene.ts';

const NEW_KEY = 'the-next-master-key-of-the-tests';

let store: Awaited<ReturnType<typeof eventStore>>;
const ending: (() => unknown)[] = [];
beforeEach(async () => {
  store = await eventStore();
});
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
  await store.stop();
});

const start = async (options: Parameters<typeof service>[1]) => {
  const running = await service(store.log, options);
  ending.push(running.stop);
  return running;
};
const keysOf = ({ directory }: Awaited<ReturnType<typeof service>>, id: string) =>
  directory
    .get(id)!
    .webhookKeys.map(({ key }) => key)
    .sort();

function deliverySignedWith(key: string, keyId: string): RawDelivery {
  const body = Buffer.from('{"event":"call_ended"}');
  const receivedAt = '2026-01-01T10:00:00.000Z';
  const about = { tenantId: 'acme', deliveryId: 'd1', sha256: sha256(body), bytes: body.length, keyId, receivedAt };
  return { ...about, body, signatureHeader: sign(body, key) };
}

test('MASTER_KEY is changed without a gap: both open, all is sealed anew, then the old one is not needed', async () => {
  const before = await start({ environmentKeys: ['environment-secret'] });
  await before.ask('PUT', '/api/tenants/acme', { retellApiKey: 'retell-key-of-acme' });
  const added = await before.ask('POST', '/api/tenants/acme/webhook-keys', { key: 'acme-secret' });
  await expect.poll(() => store.log.read('tenant-default')).toHaveLength(1); // the environment's, as it is recorded

  const both = await start({
    masterKey: NEW_KEY,
    previous: MASTER_KEY,
    environmentKeys: ['environment-secret'],
  });
  expect(keysOf(both, 'acme')).toEqual(['acme-secret']);
  // A key has one id for good, so that evidence finds it and retiring it is enough.
  expect((await both.ask('POST', '/api/tenants/acme/webhook-keys', { key: 'acme-secret' })).body).toEqual(added.body);
  await both.ask('POST', '/api/tenants/acme/webhook-keys', { key: 'newer-secret' });
  expect(keysOf(both, 'default')).toEqual(['environment-secret']);
  const resealed = await both.ask('POST', '/api/secrets/reseal');
  expect([resealed.status, resealed.body]).toEqual([200, { resealed: 3, closed: [] }]);
  expect((await both.ask('POST', '/api/secrets/reseal')).body).toEqual({ resealed: 0, closed: [] });

  const after = await start({ masterKey: NEW_KEY });
  expect(keysOf(after, 'acme')).toEqual(['acme-secret', 'newer-secret']);
  expect(after.directory.retellApiKey('acme')).toBe('retell-key-of-acme');
  const former = after.directory.get('default')!.formerWebhookKeys;
  expect(new Set(former.map(({ key }) => key))).toEqual(new Set(['environment-secret']));
  expect(after.logged()).not.toContain('secret_sealed');
  for (const running of [before, both, after])
    expect(running.answers() + running.logged()).not.toContain('acme-secret');
});

test('a lost MASTER_KEY costs what was sealed and nothing else', async () => {
  const before = await start({});
  await before.ask('PUT', '/api/tenants/acme', { name: 'Acme', retellApiKey: 'retell-key-of-acme' });
  const { body } = await before.ask('POST', '/api/tenants/acme/webhook-keys', { key: 'acme-secret' });
  const { key: apiKey } = (await before.ask('POST', '/api/tenants/acme/api-keys', { scopes: ['read'] })).body;

  await expect(start({ masterKey: NEW_KEY })).rejects.toThrow(/MASTER_KEY_LOST/);
  const anew = await start({ masterKey: NEW_KEY, lost: true });
  const closed = [
    { tenantId: 'acme', keyId: body.keyId },
    { tenantId: 'acme', keyId: 'retell-api-key' },
  ];
  expect((await anew.ask('POST', '/api/secrets/reseal')).body).toEqual({ resealed: 0, closed });
  expect((await anew.ask('POST', '/api/secrets/forget-closed')).body).toEqual({ forgotten: closed });
  expect((await anew.ask('POST', '/api/secrets/forget-closed')).body).toEqual({ forgotten: [] });
  expect(await anew.whoami(apiKey)).toBe(200);
  const evidence = deliverySignedWith('acme-secret', body.keyId);
  expect(isAsSigned(evidence, anew.directory.get('acme')!)).toBe(false);
  await anew.ask('POST', '/api/tenants/acme/webhook-keys', { key: 'acme-secret' });
  expect(isAsSigned(evidence, anew.directory.get('acme')!)).toBe(true);

  const after = await start({ masterKey: NEW_KEY });
  expect(keysOf(after, 'acme')).toEqual(['acme-secret']);
  expect(after.directory.get('acme')!.settings).toEqual({ name: 'Acme' });
});
