import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EventLog } from '../../../src/events/event-log.ts';
import { createMetrics } from '../../../src/http/metrics.ts';
import { measureWebhooks } from '../../../src/measurements.ts';
import { patientLog } from '../../support/patient-log.ts';
import { type Door, ended, KEY, newCallId, openDoor, type Store, signature, startStore } from './door.ts';

let store: Store;
let log: EventLog;
let door: Door;
const metrics = createMetrics();
beforeAll(async () => {
  store = await startStore();
  log = patientLog(store.url);
  const config = { publicHost: 'hooks.example', rateLimitPerMinute: 3 };
  door = await openDoor(log, { config, onAnswered: measureWebhooks(metrics) });
});
afterAll(async () => {
  await door.close();
  await log.close();
  await store.remove();
});

/** Posts by a path as it stands: `fetch` and others tidy paths up. */
function post(path: string, { key = KEY, headers = {} }: { key?: string; headers?: Record<string, string> } = {}) {
  const callId = newCallId();
  const body = JSON.stringify(ended(callId));
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number | undefined; callId: string }>();
  const signed = { 'x-retell-signature': signature(body, key), ...headers };
  const sending = request({ port: door.port, method: 'POST', path, headers: signed }, (response) => {
    response.resume();
    resolve({ status: response.statusCode, callId });
  });
  sending.on('error', reject).end(body);
  return promise;
}

const ACME = { key: 'acme-secret-one' };
describe('the same path is', () => {
  test.each([
    ['with a slash at the end', '/api/webhooks/retell/', 'default', {}],
    ['with a slash at the end, and a query', '/api/webhooks/retell/?a=//b/', 'default', {}],
    ['with the first slash doubled', '//api/webhooks/retell', 'default', {}],
    ['with a slash doubled in the middle', '/api//webhooks/retell', 'default', {}],
    ['with every slash doubled', '//api//webhooks//retell-inbound-ticket//', 'default', {}],
    ['with a slash at the end, of a tenant', '/t/acme/api/webhooks/retell/', 'acme', ACME],
    ['with a slash doubled behind the tenant', '/t/acme//api/webhooks/retell', 'acme', ACME],
    ['with a slash doubled before the tenant', '/t//acme/api/webhooks/retell-outbound-ticket', 'acme', ACME],
    ['with the tenant in capitals', '/t/ACME/api/webhooks/retell', 'acme', ACME],
    ['with the tenant in capitals and a slash at the end', '/t/Acme/api/webhooks/retell/', 'acme', ACME],
    [
      'with the tenant in capitals in the header',
      '/api/webhooks/retell',
      'acme',
      { ...ACME, headers: { 'x-tenant-id': 'ACME' } },
    ],
    [
      'with the tenant in capitals in the host',
      '/api/webhooks/retell/',
      'acme',
      { ...ACME, headers: { host: 'ACME.Hooks.Example' } },
    ],
  ])('one %s', async (_, path, tenantId, options) => {
    const { status, callId } = await post(path, options);
    expect(status).toBe(204);
    expect(await log.read(`call-${tenantId}.${callId}`)).toHaveLength(1);
  });
});

describe('a path that nobody answers', () => {
  test.each([
    '/api/webhooks/retell/more',
    '/api/webhooks/Retell',
    '/api/webhooks/',
    '/api/webhooks',
    '/t/acme/api/webhook/retell',
    '/t/ACME/',
    '/t/nobody/retell//',
  ])('%s: a signed delivery is answered 404, counted and told', async (path) => {
    const other = await openDoor(log, { onAnswered: measureWebhooks(metrics) });
    const counted = async () =>
      (await metrics.webhooks.get()).values.find(({ labels }) => labels.reason === 'unknown_path')?.value ?? 0;
    const before = await counted();
    const body = JSON.stringify(ended(newCallId()));
    const { status } = await other.post(body, { path });
    expect(status).toBe(404);
    expect(await counted()).toBe(before + 1);
    const [line, ...more] = other.logged();
    expect(more).toEqual([]);
    expect(line).toMatchObject({ level: 40, handler: 'unknown', reason: 'unknown_path' });
    expect(line?.tenant_id).toBe(path.startsWith('/t/a') || path.startsWith('/t/A') ? 'acme' : tenantOf(path));
    expect(JSON.stringify(line)).not.toMatch(/nobody|more|webhooks/);
    await other.close();
  });
  const tenantOf = (path: string) => (path.startsWith('/t/') ? undefined : 'default');

  test('is told a few times a minute to the log, and always to the metric', async () => {
    const before = door.lines.length;
    const counted = async () =>
      (await metrics.webhooks.get()).values.find(({ labels }) => labels.reason === 'unknown_path')?.value ?? 0;
    const sofar = await counted();
    for (let i = 0; i < 10; i++) expect((await post('/api/webhooks/elsewhere')).status).toBe(404);
    expect(door.lines.length).toBe(before + 3);
    expect(await counted()).toBe(sofar + 10);
  });

  test('is nothing to tell of without a signature, or where something else is asked', async () => {
    const before = door.lines.length;
    expect((await door.post('{}', { path: '/api/webhooks/elsewhere', header: null })).status).toBe(404);
    expect((await fetch(`${door.url}/t/acme/`, { headers: { 'x-retell-signature': 'x' } })).status).toBe(404);
    expect(door.lines.length).toBe(before);
  });
});
