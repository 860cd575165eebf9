import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { doorOfFile } from '../../support/store-of-file.ts';
import { bare, directory, ended, KEY, newCallId, signature, someTenants, tenant, withDoor } from './door.ts';

const { log, door } = await doorOfFile();

describe('who is not believed', () => {
  test('a changed byte, anywhere, is 401 and leaves nothing', async () => {
    const callId = newCallId();
    const body = Buffer.from(`{"event":"call_ended","call":{"call_id":"${callId}"}}`);
    const at = Date.now();
    const header = signature(body, KEY, at);
    const head = await log.head();
    const attempts: Promise<{ status: number }>[] = [];
    for (let i = 0; i < body.length; i++) {
      const changed = Buffer.from(body);
      changed[i] = changed[i]! ^ 1;
      attempts.push(door.post(changed, { header }));
    }
    for (let i = 2; i < header.length; i++) {
      const other = header[i] === '0' ? '1' : '0';
      attempts.push(door.post(body, { header: header.slice(0, i) + other + header.slice(i + 1) }));
    }
    expect(new Set((await Promise.all(attempts)).map(({ status }) => status))).toEqual(new Set([401]));
    expect(await log.head()).toBe(head);
    expect((await door.post(body, { header })).status).toBe(204);
  });

  test.each([
    [300_000, 204],
    [-300_000, 204],
    [300_001, 401],
    [-300_001, 401],
  ])('a clock that is off by %d ms: %d', async (skew, status) => {
    const at = 1_793_613_600_000;
    await withDoor(log, { now: () => at }, async (other) => {
      const answer = await other.post(ended(newCallId()), { at: at + skew });
      expect([answer.status, answer.code]).toEqual(status === 204 ? [204, undefined] : [401, 'sig_stale']);
    });
  });

  test('two signature headers, even of the same text, are none', async () => {
    const body = JSON.stringify(ended(newCallId()));
    const header = signature(body);
    const status = await new Promise((resolve) => {
      const headers = { 'x-retell-signature': [header, header] };
      request({ port: door.port, method: 'POST', path: '/api/webhooks/retell', headers }, (res) => {
        res.resume();
        resolve(res.statusCode);
      }).end(body);
    });
    expect(status).toBe(401);
  });

  const body = JSON.stringify(ended('call_nobody'));
  test.each([
    ['no signature', null],
    ['a malformed one', 'v=1,d=2'],
    ['bare hex', bare(body, 'foreign')],
    ['a stale one', `v=1714608500000,d=${'0'.repeat(64)}`],
    ['one with another key', undefined],
  ])('an unknown tenant answers as one with another key, to %s', async (_, header) => {
    const at = (path: string, headers = {}) =>
      door.post(body, { path, key: 'foreign', headers, ...(header === undefined ? {} : { header }) });
    const comparable = ({ status, text, headers }: Awaited<ReturnType<typeof at>>) => ({
      status,
      text,
      headers: [...headers].filter(([name]) => name !== 'date'),
    });
    const known = comparable(await at('/t/acme/api/webhooks/retell'));
    expect(known.status).toBe(401);
    for (const path of ['nobody', 'Not%20valid', '%2e%2e', 'x'.repeat(100), 'default%00'])
      expect(comparable(await at(`/t/${path}/api/webhooks/retell`)), path).toEqual(known);
    expect(comparable(await at('/api/webhooks/retell', { 'x-tenant-id': 'nobody' }))).toEqual(known);
    expect(comparable(await at('/api/webhooks/retell', { 'x-tenant-id': 'ACME' }))).toEqual(known);
    // and one that takes bare hex is not told apart either
    expect(comparable(await at('/t/raw/api/webhooks/retell'))).toEqual(known);
  });

  test('one tenant’s key opens no other tenant’s door', async () => {
    const callId = newCallId();
    for (const path of ['/t/default/api/webhooks/retell', '/t/raw/api/webhooks/retell'])
      expect((await door.post(ended(callId), { path, key: 'acme-secret-one' })).code).toBe('sig_mismatch');
  });

  test('a tenant named in the payload changes nothing: recorded under the verified one, without its ids', async () => {
    const callId = newCallId();
    const metadata = { tenant_id: 'default', appointment_id: 'apt_1', call_session_id: 'cs_1', contact_id: 'con_1' };
    await door.post(ended(callId, { metadata }), { path: '/t/acme/api/webhooks/retell', key: 'acme-secret-one' });
    const [recorded] = await log.read(`call-acme.${callId}`);
    expect(recorded?.data).toMatchObject({ tenantMismatch: true });
    expect(JSON.stringify(recorded?.data)).not.toMatch(/apt_1|cs_1|con_1/);
    expect(await log.read(`call-default.${callId}`)).toEqual([]);
    expect(door.logged()).toContainEqual(expect.objectContaining({ call_id: callId, reason: 'tenant_mismatch' }));
  });

  test('a call id cannot lead into another tenant’s stream', async () => {
    const callId = `default.${newCallId()}`;
    await door.post(ended(callId), { path: '/t/acme/api/webhooks/retell', key: 'acme-secret-one' });
    expect(await log.read(`call-acme.${callId}`)).toHaveLength(1);
  });
});

test('a key that is retired while its body is still being sent opens nothing any more', async () => {
  let keys = [tenant('default', [KEY])];
  const changing = { ...directory([]), get: (id: string) => directory(keys).get(id) };
  await withDoor(log, { tenants: changing }, async (other) => {
    const callId = newCallId();
    const body = JSON.stringify(ended(callId));
    const headers = { 'x-retell-signature': signature(body), 'content-length': body.length };
    const sending = request({ port: other.port, method: 'POST', path: '/api/webhooks/retell', headers });
    const answered = new Promise((resolve) => sending.on('response', (res) => resolve(res.statusCode)));
    sending.write(body.slice(0, 10));
    await sleep(50);
    keys = [tenant('default', ['the new key'])];
    sending.end(body.slice(10));
    expect(await answered).toBe(401);
    expect(await log.read(`call-default.${callId}`)).toEqual([]);
  });
});

describe('starting and stopping', () => {
  test('before the tenants are known nobody can be verified', async () => {
    const known = directory(someTenants);
    await withDoor(log, { tenants: { ...known, ready: () => false } }, async (other) => {
      const answer = await other.post(ended(newCallId()));
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    });
  });
  test('a drain lets what is under way end and takes nothing new', async () => {
    const arrived = Promise.withResolvers<void>();
    const known = directory(someTenants);
    const get = (id: string) => {
      arrived.resolve();
      return known.get(id);
    };
    await withDoor(log, { tenants: { ...known, get } }, async (other) => {
      const callId = newCallId();
      const body = JSON.stringify(ended(callId));
      const headers = { 'x-retell-signature': signature(body), 'content-length': body.length };
      const sending = request({ port: other.port, method: 'POST', path: '/api/webhooks/retell', headers });
      const answered = new Promise((resolve) => sending.on('response', (res) => resolve(res.statusCode)));
      sending.write(body.slice(0, 10));
      await arrived.promise;
      let drained = false;
      const draining = other.drain().then(() => {
        drained = true;
      });
      const late = await other.post(ended(newCallId()));
      expect([late.status, late.code]).toEqual([503, 'stopping']);
      expect(drained).toBe(false);
      sending.end(body.slice(10));
      expect(await answered).toBe(204);
      await draining;
      expect(await log.read(`call-default.${callId}`)).toHaveLength(1);
    });
  });
});
