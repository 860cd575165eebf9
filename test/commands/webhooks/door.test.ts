import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { webhookRoutes } from '../../../src/commands/webhooks/routes.ts';
import { decode } from '../../../src/events/codec.ts';
import { sha256 } from '../../../src/events/identity.ts';
import { assemble } from '../../../src/evidence/evidence.ts';
import { sampleBytes, sampleFiles } from '../../support/samples.ts';
import { doorOfFile } from '../../support/store-of-file.ts';
import { bare, directory, ended, KEY, newCallId, openDoor, signature, standard, withDoor } from './door.ts';

const names = sampleFiles();
const invalid = readdirSync(new URL('../../fixtures/samples/invalid/', import.meta.url)).map(
  (name) => `invalid/${name}`,
);

const { log, door } = await doorOfFile();

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
    const raw = await assemble(await log.read(`evidence-acme.${callId}`), fact!.id);
    expect(raw?.body.toString()).toBe(body);
    expect(raw).toMatchObject({ tenantId: 'acme', keyId: 'acme-key-1', sha256: sha256(body) });
  });

  test.each(names)('%s is taken and makes one fact', async (name) => {
    const { event, call } = JSON.parse(sampleBytes(name).toString());
    const before = (await log.read(`call-default.${call.call_id}`)).length;
    expect((await door.post(sampleBytes(name))).status).toBe(204);
    const stream = await log.read(`call-default.${call.call_id}`);
    expect(stream.length, event).toBe(before + 1);
    expect(decode(stream.at(-1)!)).toBeDefined();
  });

  test.each(invalid)('%s is taken and kept in quarantine, byte for byte, once', async (name) => {
    const body = sampleBytes(name);
    const stream = `quarantine-default.${sha256(body)}`;
    for (const path of ['/api/webhooks/retell', '/api/webhooks/retell-inbound-ticket'])
      expect((await door.post(body, { path })).status).toBe(204);
    const events = await log.read(stream);
    expect(events.map(({ type }) => type)).toEqual(['RawDeliveryPart', 'DeliveryQuarantined']);
    expect(events[1]!.data).toMatchObject({ reason: 'schema_invalid', endpoint: 'retell', size: body.length });
    expect((await assemble(await log.read(stream), sha256(body)))?.body.equals(body)).toBe(true);
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
    await withDoor(log, { config: { publicHost: '127.0.0.1' } }, async (other) => {
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
    await withDoor(log, {}, async (other) => {
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
    // On a busy machine a burst may take longer than Retell waits; what matters here is what comes of it.
    const patient = await openDoor(log, { config: { storeTimeoutMs: 60_000, bodyTimeoutMs: 60_000 } });
    // A connection that the machine has no room for is tried again, as Retell does.
    const post = () => patient.post(ended(callId)).catch(() => patient.post(ended(callId)));
    const answers = await Promise.all(Array.from({ length: 1000 }, post));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]));
    expect(await log.read(`call-default.${callId}`)).toHaveLength(1);
    expect(await log.read(`evidence-default.${callId}`)).toHaveLength(1);
    expect(patient.logged().filter((l) => l.call_id === callId && l.outcome === 'recorded')).toHaveLength(1);
    await patient.close();
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
    await withDoor(log, { config: { keepTranscriptUpdates: true } }, async (other) => {
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
