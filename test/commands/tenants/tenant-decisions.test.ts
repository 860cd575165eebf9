import { expect, test } from 'vitest';
import type { TenantEvent } from '../../../src/events/tenant-facts.ts';
import * as decide from '../../../src/tenants/decider.ts';
import { evolve, initialTenant, type TenantState } from '../../../src/tenants/decider.ts';

const registered: TenantEvent = { type: 'TenantRegistered', data: { tenantId: 'acme' } };
const settings = { name: 'Acme', timeZone: 'Europe/Berlin' };
const changed: TenantEvent = { type: 'SettingsChanged', data: { settings } };
const keyAdded: TenantEvent = {
  type: 'WebhookKeyAdded',
  data: { keyId: 'wk_1', sealedKey: 'sealed', source: 'admin' },
};
const otherKey = (keyId: string): TenantEvent => ({
  type: 'WebhookKeyAdded',
  data: { keyId, sealedKey: 'sealed', source: 'admin' },
});
const keyFromEnvironment: TenantEvent = {
  type: 'WebhookKeyAdded',
  data: { keyId: 'wk_1', sealedKey: 'sealed', source: 'environment' },
};
const keyRetired: TenantEvent = { type: 'WebhookKeyRetired', data: { keyId: 'wk_1' } };
const issued: TenantEvent = { type: 'ApiKeyIssued', data: { keyId: 'k1', sha256: 'ab', scopes: ['read'] } };
const revoked: TenantEvent = { type: 'ApiKeyRevoked', data: { keyId: 'k1' } };

type Decision = (state: TenantState) => readonly TenantEvent[] | string;
const put: Decision = (state) => decide.putSettings(settings, state);
const patch: Decision = (state) => decide.patchSettings(settings, state);
const addKey: Decision = (state) => decide.addWebhookKey({ keyId: 'wk_1', sealedKey: 'sealed' }, state);
const recordKey: Decision = (state) => decide.recordEnvironmentKey({ keyId: 'wk_1', sealedKey: 'sealed' }, state);
const retireKey: Decision = (state) => decide.retireWebhookKey({ keyId: 'wk_1' }, state);
const issue: Decision = (state) => decide.issueApiKey({ keyId: 'k1', sha256: 'ab', scopes: ['read'] }, state);
const revoke: Decision = (state) => decide.revokeApiKey({ keyId: 'k1' }, state);

const resealed: TenantEvent = {
  type: 'SecretsResealed',
  data: { secrets: [{ keyId: 'wk_1', sealedKey: 'sealed anew' }] },
};
const forgotten: TenantEvent = { type: 'SecretsForgotten', data: { keyIds: ['wk_1'] } };
const secret = { keyId: 'wk_1', before: 'sealed', sealedKey: 'sealed anew' };
const reseal: Decision = (state) => decide.resealSecrets([secret], state);
const forget: Decision = (state) => decide.forgetSecrets([secret], state);

const recordedAt = '2026-01-01T00:00:00.000Z';
const given = (id: string, ...events: TenantEvent[]) =>
  events.reduce((state, event) => evolve(state, { ...event, position: 0n, recordedAt }), initialTenant(id));

test.each<[string, TenantEvent[], Decision, readonly TenantEvent[] | string]>([
  ['the first PUT registers', [], put, [registered, changed]],
  ['PUT of other settings changes them', [registered], put, [changed]],
  ['PUT twice is nothing', [registered, changed], put, []],
  ['PATCH needs a tenant', [], patch, 'unknown_tenant'],
  ['PATCH changes', [registered], patch, [changed]],
  ['PATCH twice is nothing', [registered, changed], patch, []],
  ['a key needs a tenant', [], addKey, 'unknown_tenant'],
  ['a key is added', [registered], addKey, [keyAdded]],
  ['a key twice is nothing', [registered, keyAdded], addKey, []],
  ['a retired key may come back', [registered, keyAdded, keyRetired], addKey, [keyAdded]],
  [
    'a key recorded from the environment is added by an administrator',
    [registered, keyFromEnvironment],
    addKey,
    [keyAdded],
  ],
  ['retiring needs a tenant', [], retireKey, 'unknown_tenant'],
  ['retiring needs a key', [registered], retireKey, 'unknown_key'],
  ['a key is retired', [registered, keyAdded], retireKey, [keyRetired]],
  ['retiring twice is nothing', [registered, keyAdded, keyRetired], retireKey, []],
  ['retiring what only the environment had is nothing', [registered, keyFromEnvironment], retireKey, []],
  ['a key of the environment is recorded', [], recordKey, [keyFromEnvironment]],
  ['a key of the environment twice is nothing', [keyFromEnvironment], recordKey, []],
  ['a key of the environment that an administrator added is nothing', [registered, keyAdded], recordKey, []],
  ['an API key needs a tenant', [], issue, 'unknown_tenant'],
  ['an API key is issued', [registered], issue, [issued]],
  ['the same API key twice is nothing', [registered, issued], issue, []],
  ['a revoked API key does not come back', [registered, issued, revoked], issue, []],
  ['revoking needs a tenant', [], revoke, 'unknown_tenant'],
  ['revoking needs a key', [registered], revoke, 'unknown_key'],
  ['an API key is revoked', [registered, issued], revoke, [revoked]],
  ['revoking twice is nothing', [registered, issued, revoked], revoke, []],
  ['a secret is sealed anew', [keyAdded], reseal, [resealed]],
  ['a secret that was changed meanwhile stays as it is', [keyAdded, resealed], reseal, []],
  ['a secret is forgotten', [keyAdded], forget, [forgotten]],
  ['a secret that was changed meanwhile is not forgotten', [keyAdded, resealed], forget, []],
  ['a forgotten key may be added again', [registered, keyAdded, forgotten], addKey, [keyAdded]],
  ['a second key is for a rotation', [registered, otherKey('wk_2')], addKey, [keyAdded]],
  ['a third is one too many', [registered, otherKey('wk_2'), otherKey('wk_3')], addKey, 'too_many_webhook_keys'],
  [
    'of three that an earlier release took each may stay',
    [registered, keyAdded, otherKey('wk_2'), otherKey('wk_3')],
    addKey,
    [],
  ],
  [
    'a key of the environment counts as well',
    [registered, otherKey('wk_2')],
    (state) => decide.addWebhookKey({ keyId: 'wk_1', sealedKey: 'sealed', fromEnvironment: ['wk_3'] }, state),
    'too_many_webhook_keys',
  ],
])('%s', (_, events, decision, expected) => expect(decision(given('acme', ...events))).toEqual(expected));

test('"default" needs no registration', () => {
  expect(put(given('default'))).toEqual([changed]);
  expect(addKey(given('default'))).toEqual([keyAdded]);
});

test('a key of the environment recorded later does not put a retired one in force', () => {
  const state = given('acme', registered, keyAdded, keyRetired, keyFromEnvironment);
  expect(state.webhookKeys.map((k) => k.state)).toEqual(['retired']);
});

test('a key in force stays in force when it is recorded from the environment', () => {
  expect(given('acme', registered, keyAdded, keyFromEnvironment).webhookKeys.map((k) => k.state)).toEqual(['added']);
});
