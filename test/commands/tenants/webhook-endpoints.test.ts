import { expect, test } from 'vitest';
import type { Recorded } from '../../../src/events/recorded.ts';
import type { TenantEvent } from '../../../src/events/tenant-facts.ts';
import {
  evolveTenant,
  forgetSecrets,
  initialTenant,
  resealSecrets,
  sealedSecrets,
} from '../../../src/tenants/decider.ts';
import {
  type Added,
  addEndpoint,
  changeEndpoint,
  MOST_ENDPOINTS,
  removeEndpoint,
  rotateSecret,
  wants,
} from '../../../src/tenants/webhook-endpoints.ts';

const metadata = { tenantId: 'acme', source: 'command', receivedAt: '2026-01-01T00:00:00.000Z', $correlationId: 'c' };
/** At the positions 10, 20, 30 …, a day after each other. */
const given = (...events: readonly TenantEvent[]) =>
  events.reduce((state, { type, data }, i) => {
    const recordedAt = new Date(Date.UTC(2026, 0, i + 1)).toISOString();
    const place = {
      id: `${i}`,
      stream: 'tenant-acme',
      revision: BigInt(i),
      position: BigInt(10 * (i + 1)),
      recordedAt,
    };
    return evolveTenant(state, { type, data, metadata, ...place } as Recorded);
  }, initialTenant('acme'));

const registered: TenantEvent = { type: 'TenantRegistered', data: { tenantId: 'acme' } };
const order = (endpointId = 'we_1'): Added => ({
  ...{ endpointId, url: 'https://example.com/', events: ['ticket.opened', 'ticket.changed'] },
  ...{ keyId: `whs_${endpointId}`, sealedKey: 'v1.a.one' },
});
const added = (endpointId?: string): TenantEvent => ({ type: 'WebhookEndpointAdded', data: order(endpointId) });
const changed = (changes: object, endpointId = 'we_1') =>
  ({ type: 'WebhookEndpointChanged', data: { endpointId, ...changes } }) as TenantEvent;
const rotation = (keyId: string, othersUntil: string) => ({
  endpointId: 'we_1',
  keyId,
  sealedKey: `v1.a.${keyId}`,
  othersUntil,
});
const rotated = (keyId: string, othersUntil: string): TenantEvent => ({
  type: 'WebhookEndpointSecretRotated',
  data: rotation(keyId, othersUntil),
});
const one = (...events: readonly TenantEvent[]) => given(registered, added(), ...events).webhookEndpoints[0]!;

test('an endpoint wants what it names, from its first fact on, and nothing while it is paused', () => {
  const endpoint = one(
    changed({ state: 'paused' }), // 30
    changed({ description: 'the desk' }),
    changed({ state: 'active' }), // 50
    changed({ events: ['call.outcome.changed'] }), // 60
  );
  const when = (type: 'ticket.opened' | 'call.outcome.changed') =>
    [15n, 20n, 25n, 30n, 35n, 50n, 55n, 60n, 65n].filter((position) => wants(endpoint, type, position));
  expect(when('ticket.opened')).toEqual([25n, 30n, 55n, 60n]);
  expect(when('call.outcome.changed')).toEqual([65n]);
});

test('what it is follows from its facts', () => {
  expect(one(changed({ state: 'paused', reason: 'gone' }))).toMatchObject({ state: 'paused', pausedBecause: 'gone' });
  const again = one(changed({ state: 'paused', reason: 'gone' }), changed({ url: 'https://b.example/' }));
  expect(again).toMatchObject({ url: 'https://b.example/', pausedBecause: 'gone' });
  expect(one(changed({ state: 'paused', reason: 'gone' }), changed({ state: 'active' })).pausedBecause).toBeUndefined();
  expect(one(changed({ description: 'a' }), changed({ description: '' })).description).toBeUndefined();
  expect(given(registered, added(), { type: 'WebhookEndpointRemoved', data: { endpointId: 'we_1' } })).toMatchObject({
    webhookEndpoints: [],
  });
});

test('a secret that is replaced stays until its time, and is forgotten by the next rotation after that', () => {
  const first = one(rotated('two', '2026-01-04T00:00:00.000Z')); // on the 3rd
  expect(first.secrets.map(({ keyId, until }) => [keyId, until])).toEqual([
    ['two', undefined],
    ['whs_we_1', '2026-01-04T00:00:00.000Z'],
  ]);
  const second = one(rotated('two', '2026-01-04T00:00:00.000Z'), rotated('three', '2026-01-05T00:00:00.000Z'));
  expect(second.secrets.map(({ keyId }) => keyId)).toEqual(['three', 'two']);
});

test('its secrets are sealed anew, and given up, like all others', () => {
  const state = given(registered, added());
  expect(sealedSecrets(state)).toEqual([{ keyId: 'whs_we_1', sealedKey: 'v1.a.one' }]);
  const [resealed] = resealSecrets([{ keyId: 'whs_we_1', before: 'v1.a.one', sealedKey: 'v1.b.one' }], state);
  expect(given(registered, added(), resealed!).webhookEndpoints[0]!.secrets).toEqual([
    { keyId: 'whs_we_1', sealedKey: 'v1.b.one' },
  ]);
  const [forgotten] = forgetSecrets([{ keyId: 'whs_we_1', before: 'v1.a.one' }], state);
  expect(given(registered, added(), forgotten!).webhookEndpoints[0]!.secrets).toEqual([]);
});

test('so many endpoints, and no more; and only where there is a tenant', () => {
  const next = order('we_next');
  expect(addEndpoint(next, given())).toBe('unknown_tenant');
  const all = Array.from({ length: MOST_ENDPOINTS }, (_, i) => added(`we_${i}`));
  expect(addEndpoint(next, given(registered, ...all))).toBe('too_many_endpoints');
  expect(addEndpoint(next, given(registered, ...all.slice(1)))).toHaveLength(1);
  expect(addEndpoint(order(), given(registered, added()))).toEqual([]);
});

test('what is so already is no change; what is not there is unknown', () => {
  const state = given(registered, added(), changed({ state: 'paused' }));
  expect(changeEndpoint({ endpointId: 'we_1', state: 'paused' }, state)).toEqual([]);
  expect(changeEndpoint({ endpointId: 'we_1', description: '' }, state)).toEqual([]);
  expect(changeEndpoint({ endpointId: 'we_1', state: 'active' }, state)).toHaveLength(1);
  expect(changeEndpoint({ endpointId: 'we_2', state: 'active' }, state)).toBe('unknown_endpoint');
  expect(rotateSecret({ ...rotation('two', '2026-01-09T00:00:00.000Z'), endpointId: 'we_2' }, state)).toBe(
    'unknown_endpoint',
  );
  expect(removeEndpoint({ endpointId: 'we_2' }, state)).toBe('unknown_endpoint');
});
