import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { webhookRoutes } from '../../../src/commands/webhooks/routes.ts';
import { decode } from '../../../src/events/codec.ts';
import { sha256 } from '../../../src/events/identity.ts';
import type { FactMetadata } from '../../../src/events/metadata.ts';
import { evidenceVerdicts, readRawDelivery } from '../../../src/evidence/evidence.ts';
import { doorOfFile } from '../../support/store-of-file.ts';
import {
  bare,
  type Door,
  directory,
  ended,
  KEY,
  newCallId,
  openDoor,
  signature,
  someTenants,
  standard,
  tenant,
} from './door.ts';

const samples = new URL('../../fixtures/samples/', import.meta.url);
const bytesOf = (name: string) => readFileSync(new URL(name, samples));
const names = readdirSync(samples).filter((name) => name.endsWith('.json'));
const invalid = readdirSync(new URL('invalid/', samples)).map((name) => `invalid/${name}`);

const { log, door } = await doorOfFile();

/** Opens another door for one test. */
async function withDoor(options: Parameters<typeof openDoor>[1], use: (door: Door) => Promise<void>) {
  const other = await openDoor(log, options);
  try {
    await use(other);
  } finally {
    await other.close();
  }
}

describe('a genuine delivery', () => {
  test('is answered 204 with nothing, once its fact and its bytes are on disk', async () => {
    const callId = newCallId();
    const body = JSON.stringify(ended(callId, {}, { event_timestamp: 1_793_613_600_180 }));
    const answer = await door.post(body, {
      path: '/t/acme/api/webhooks/retell-inbound-ticket',
      key: 'acme-secret-one',
    });
    expect([answer.status, answer.text]).toEqual([204, '']);

    const [recorded, ...more] = await log.read(`call-acme.${callId}`);
    expect(more).toEqual([]);
    const fact = decode(recorded!);
    expect(fact).toMatchObject({
      type: 'CallEnded',
      data: { callId, direction: 'outbound', disconnectionReason: 'user_hangup' },
      metadata: {
        tenantId: 'acme',
        source: 'webhook',
        endpoint: 'retell-inbound-ticket',
        occurredAt: '2026-11-02T10:00:00.180Z',
        timeZone: 'Europe/Berlin',
        defaultRegion: 'DE',
        evidence: { deliveryId: fact!.id, sha256: sha256(body), bytes: body.length, keyId: 'acme-key-1' },
        $correlationId: callId,
      },
    });
    const raw = await readRawDelivery(log, `evidence-acme.${callId}`, fact!.id);
    expect(raw?.body.toString()).toBe(body);
    expect(raw).toMatchObject({ tenantId: 'acme', keyId: 'acme-key-1', sha256: sha256(body) });
  });

  test.each(names)('%s is taken and makes one fact', async (name) => {
    const { event, call } = JSON.parse(bytesOf(name).toString());
    const before = (await log.read(`call-default.${call.call_id}`)).length;
    expect((await door.post(bytesOf(name))).status).toBe(204);
    const stream = await log.read(`call-default.${call.call_id}`);
    expect(stream.length, event).toBe(before + 1);
    expect(decode(stream.at(-1)!)).toBeDefined();
  });

  test.each(invalid)('%s is taken and kept in quarantine, byte for byte, once', async (name) => {
    const body = bytesOf(name);
    const stream = `quarantine-default.${sha256(body)}`;
    for (const path of ['/api/webhooks/retell', '/api/webhooks/retell-inbound-ticket'])
      expect((await door.post(body, { path })).status).toBe(204);
    const events = await log.read(stream);
    expect(events.map(({ type }) => type)).toEqual(['RawDeliveryPart', 'DeliveryQuarantined']);
    expect(events[1]!.data).toMatchObject({ reason: 'schema_invalid', endpoint: 'retell', size: body.length });
    expect((await readRawDelivery(log, stream, sha256(body)))?.body.equals(body)).toBe(true);
  });

  test('is verified whichever of two keys signed it, and the log names the key', async () => {
    for (const n of [1, 2]) {
      const callId = newCallId();
      const key = n === 1 ? 'acme-secret-one' : 'acme-secret-two';
      expect((await door.post(ended(callId), { headers: { 'x-tenant-id': 'acme' }, key })).status).toBe(204);
      expect(door.logged().find((line) => line.call_id === callId)).toMatchObject({ verified_with: `acme-key-${n}` });
    }
  });

  test('may carry bare hex where the tenant has opted in, and nowhere else', async () => {
    const callId = newCallId();
    const body = JSON.stringify(ended(callId));
    const opted = await door.post(body, { path: '/t/raw/api/webhooks/retell', header: bare(body, 'raw-secret') });
    expect(opted.status).toBe(204);
    expect(door.logged().find((line) => line.call_id === callId)).toMatchObject({ verified_with: 'raw' });
    const not = await door.post(body, { header: bare(body, KEY) });
    expect([not.status, not.code]).toEqual([401, 'sig_malformed']);
    expect(await log.read(`call-default.${callId}`)).toEqual([]);
  });

  test('is found under the tenant’s subdomain too', async () => {
    await withDoor({ config: { publicHost: '127.0.0.1' } }, async (other) => {
      const callId = newCallId();
      const body = JSON.stringify(ended(callId));
      const status = await new Promise((resolve) => {
        const headers = {
          host: `acme.127.0.0.1:${other.port}`,
          'x-retell-signature': signature(body, 'acme-secret-one'),
        };
        request({ port: other.port, method: 'POST', path: '/api/webhooks/retell', headers }, (res) => {
          res.resume();
          resolve(res.statusCode);
        }).end(body);
      });
      expect(status).toBe(204);
      expect(await log.read(`call-acme.${callId}`)).toHaveLength(1);
    });
  });
});

describe('again', () => {
  test('a retry with a new event_timestamp is the same fact, and its bytes are not stored again', async () => {
    const callId = newCallId();
    for (const event_timestamp of [1_793_613_600_000, 1_793_613_641_000, undefined])
      expect((await door.post(ended(callId, {}, { event_timestamp }))).status).toBe(204);
    expect(await log.read(`call-default.${callId}`)).toHaveLength(1);
    expect(await log.read(`evidence-default.${callId}`)).toHaveLength(1);
    expect(
      door
        .logged()
        .filter((l) => l.call_id === callId && l.outcome)
        .map((l) => l.outcome),
    ).toEqual(['recorded', 'duplicate', 'duplicate']);
  });

  test('the same after a restart of the service: the log itself knows', async () => {
    const callId = newCallId();
    await door.post(ended(callId));
    await door.post(ended(callId, { disconnection_reason: 'agent_hangup' }));
    await withDoor({}, async (other) => {
      expect((await other.post(ended(callId, {}, { event_timestamp: 1_793_613_641_000 }))).status).toBe(204);
      expect(other.logged().find((l) => l.outcome)).toMatchObject({ outcome: 'duplicate' });
    });
    expect(await log.read(`call-default.${callId}`)).toHaveLength(2);
    expect(await log.read(`evidence-default.${callId}`)).toHaveLength(2);
  });

  test('another analysis of the same call is a second fact', async () => {
    const callId = newCallId();
    const analysed = (confirmed: boolean) => ({
      event: 'call_analyzed',
      call: { call_id: callId, call_analysis: { custom_analysis_data: { appointment_confirmed: confirmed } } },
    });
    await door.post(analysed(false));
    await door.post(analysed(true));
    await door.post(analysed(false));
    const facts = (await log.read(`call-default.${callId}`)).map((r) => decode(r)!.data as { flags: object });
    expect(facts.map(({ flags }) => flags)).toEqual([
      { appointment_confirmed: false },
      { appointment_confirmed: true },
    ]);
  });

  test('a thousand identical deliveries at once are a thousand 204 and one fact', async () => {
    const callId = newCallId();
    const answers = await Promise.all(Array.from({ length: 1000 }, () => door.post(ended(callId))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]));
    expect(await log.read(`call-default.${callId}`)).toHaveLength(1);
    expect(await log.read(`evidence-default.${callId}`)).toHaveLength(1);
    expect(door.logged().filter((l) => l.call_id === callId && l.outcome === 'recorded')).toHaveLength(1);
  });

  test('sixty different facts of one call at once all stand in its stream', async () => {
    const callId = newCallId();
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, i) => door.post(ended(callId, { agent_name: `agent ${i}` }))),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]));
    const facts = (await log.read(`call-default.${callId}`)).map((r) => (r.data as { agentName: string }).agentName);
    expect(new Set(facts).size).toBe(60);
    expect(facts).toHaveLength(60);
  });
});

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
    await withDoor({ now: () => at }, async (other) => {
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

describe('events that make no fact', () => {
  test('call_inbound is told to go on, and kept', async () => {
    const body = JSON.stringify({
      event: 'call_inbound',
      call_inbound: { from_number: '+12025550143', n: newCallId() },
    });
    const answer = await door.post(body);
    expect([answer.status, answer.text]).toEqual([200, '{"call_inbound":{}}']);
    const events = await log.read(`quarantine-default.${sha256(body)}`);
    expect(events.at(-1)?.data).toMatchObject({ reason: 'not_a_call' });
  });
  test('chats are kept', async () => {
    const body = JSON.stringify({ event: 'chat_ended', chat: { chat_id: newCallId() } });
    const answers = await Promise.all(Array.from({ length: 50 }, () => door.post(body)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]));
    const events = await log.read(`quarantine-default.${sha256(body)}`);
    expect(events.map(({ type }) => type)).toEqual(['RawDeliveryPart', 'DeliveryQuarantined']);
    expect(events.at(-1)?.data).toMatchObject({ reason: 'not_a_call' });
  });
  test('a transcript under way is not kept, unless it is asked for', async () => {
    const callId = newCallId();
    const update = { event: 'transcript_updated', call: { call_id: callId, transcript: 'User: Hi' } };
    expect((await door.post(update)).status).toBe(204);
    expect(await log.read(`call-default.${callId}`)).toEqual([]);
    await withDoor({ config: { keepTranscriptUpdates: true } }, async (other) => {
      expect((await other.post(update)).status).toBe(204);
    });
    expect((await log.read(`call-default.${callId}`)).map(({ type }) => type)).toEqual(['CallEventUnrecognized']);
  });
  test('other methods are told which one to use', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const answer = await fetch(`${door.url}/t/acme/api/webhooks/retell`, { method });
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
    }
  });
});

describe('evidence', () => {
  const verdictsFor = async (callId: string, by = someTenants[0]!) =>
    evidenceVerdicts(
      log,
      by,
      callId,
      (await log.read(`call-default.${callId}`)).map((r) => r.metadata as FactMetadata),
    );

  test('is verified with the key of then, and fails with another', async () => {
    const callId = newCallId();
    await door.post(ended(callId));
    await door.post(ended(callId, { agent_name: 'other' }));
    expect(await verdictsFor(callId)).toEqual(['verified', 'verified']);
    const rotated = { ...tenant('default', ['new']), formerWebhookKeys: someTenants[0]!.webhookKeys };
    expect(await verdictsFor(callId, { ...rotated, webhookKeys: [] })).toEqual(['verified', 'verified']);
    expect(await verdictsFor(callId, tenant('default', ['another key under the same id']))).toEqual([
      'failed',
      'failed',
    ]);
    expect(await verdictsFor(callId, tenant('default', []))).toEqual(['failed', 'failed']);
  });
  test('fails when the stored bytes are not those that were signed', async () => {
    const callId = newCallId();
    await door.post(ended(callId));
    const [part] = await log.read(`evidence-default.${callId}`);
    const [fact] = await log.read(`call-default.${callId}`);
    const forged = newCallId();
    const data = gzipSync(JSON.stringify(ended('call_other')));
    await log.append(`evidence-default.${forged}`, 'no_stream', [
      { id: crypto.randomUUID(), type: part!.type, data, metadata: { ...(part!.metadata as object), bytes: 1e6 } },
    ]);
    expect(await evidenceVerdicts(log, someTenants[0]!, forged, [fact!.metadata as FactMetadata])).toEqual(['failed']);
  });
  test('that is gone has expired; what was never signed has none', async () => {
    const callId = newCallId();
    await door.post(ended(callId));
    const [fact] = await log.read(`call-default.${callId}`);
    const metadata = fact!.metadata as FactMetadata;
    expect(await evidenceVerdicts(log, someTenants[0]!, newCallId(), [metadata, {}])).toEqual(['expired', 'none']);
    expect(await evidenceVerdicts(log, someTenants[0]!, callId, [{}])).toEqual(['none']);
  });
});

describe('starting and stopping', () => {
  test('before the tenants are known nobody can be verified', async () => {
    const known = directory(someTenants);
    await withDoor({ tenants: { ...known, ready: () => false } }, async (other) => {
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
    await withDoor({ tenants: { ...known, get } }, async (other) => {
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

test('a key that is retired while its body is still being sent opens nothing any more', async () => {
  let keys = [tenant('default', [KEY])];
  const changing = { ...directory([]), get: (id: string) => directory(keys).get(id) };
  await withDoor({ tenants: changing }, async (other) => {
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

test('every path of the door is in the OpenAPI document, with its answers', () => {
  const { routes } = webhookRoutes({
    log,
    tenants: directory([]),
    now: Date.now,
    logger: pino({ level: 'silent' }),
    config: standard,
  });
  const { paths } = routes.getOpenAPI31Document({ openapi: '3.1.0', info: { title: 't', version: '1' } });
  const names = ['retell', 'retell-inbound-ticket', 'retell-outbound-ticket'];
  expect(Object.keys(paths ?? {}).sort()).toEqual(
    names.flatMap((name) => [`/api/webhooks/${name}`, `/t/{tenant}/api/webhooks/${name}`]).sort(),
  );
  for (const path of Object.values(paths ?? {}))
    expect(Object.keys(path.post?.responses ?? {})).toEqual(['200', '204', '401', '408', '413', '429', '503']);
});

describe('the log of the service', () => {
  test('says of each delivery what A11 asks for', async () => {
    const callId = newCallId();
    await door.post(ended(callId), { path: '/api/webhooks/retell-inbound-ticket' });
    const lines = door.logged().filter((l) => l.call_id === callId);
    expect(lines[0]).toMatchObject({
      event: 'call_ended',
      call_id: callId,
      tenant_id: 'default',
      verified_with: 'default-key-1',
      handler: 'retell-inbound-ticket',
      outcome: 'recorded',
      t: expect.any(Number),
    });
    expect(lines[1]).toMatchObject({ reason: 'direction_mismatch' });
  });
  test('gives a reason for each refusal', async () => {
    const callId = newCallId();
    await withDoor({}, async (other) => {
      await other.post(ended(callId), { key: 'foreign' });
      await other.post(ended(callId), { header: null });
      await other.post('[]');
      await other.post(ended(callId));
      expect(other.logged().flatMap(({ reason }) => reason ?? [])).toEqual([
        'sig_mismatch',
        'sig_missing',
        'schema_invalid',
        'no_session',
        'no_appointment_id',
      ]);
    });
  });
  test('holds no secret and nothing of a person', async () => {
    for (const name of [...names, ...invalid]) await door.post(bytesOf(name));
    await door.post(bytesOf(names[0]!), { key: 'foreign' });
    const text = door.lines.join('');
    for (const secret of [KEY, 'acme-secret', 'raw-secret', 'v=1', 'd=']) expect(text).not.toContain(secret);
    expect(text).not.toMatch(/\+?(1202555|4420794|4477009)\d+/);
    expect(text).not.toMatch(/Alex|Zoë|Example|appointment on|hello|Goodbye|recordings\.example|apt_987|127\.0\.0\.1/i);
    expect(text.length).toBeGreaterThan(1000);
  });
});
