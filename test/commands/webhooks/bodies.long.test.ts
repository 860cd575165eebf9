import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type ClientRequest, request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { factId, sha256 } from '../../../src/events/identity.ts';
import { assemble } from '../../../src/evidence/evidence.ts';
import { callFact, eventsOf } from '../../../src/retell/call-fact.ts';
import { doorOfFile } from '../../support/store-of-file.ts';
import { type Door, ended, newCallId, openDoor, signature, tenant } from './door.ts';

const LIMIT = 10 * 1024 * 1024;
const PATH = '/api/webhooks/retell';

const { log, door } = await doorOfFile();

/** The signature of something else: nothing but the body can tell. */
const plausible = () => ({ 'x-retell-signature': signature('another body') });

/** A request that is written by hand. */
function begin(
  to: Door,
  headers: Record<string, string | number> = {},
): { sending: ClientRequest; status: Promise<number> } {
  const sending = request({ port: to.port, method: 'POST', path: PATH, headers: { ...plausible(), ...headers } });
  const status = new Promise<number>((resolve, reject) => {
    sending.on('response', (res) => {
      res.resume();
      resolve(res.statusCode ?? 0);
    });
    sending.on('error', reject);
  });
  status.catch(() => {});
  return { sending, status };
}

/** Text of so many bytes that hardly compresses. */
const noise = (bytes: number) =>
  randomBytes(Math.ceil(bytes * 0.75))
    .toString('base64')
    .slice(0, bytes);

describe('large bodies', () => {
  test('exactly the limit is taken; its bytes, its transcript and its outcome are all kept', async () => {
    const callId = newCallId();
    const around = (transcript: string) =>
      JSON.stringify({
        event: 'call_analyzed',
        call: {
          call_id: callId,
          transcript,
          call_analysis: { custom_analysis_data: { appointment_confirmed: true } },
        },
      });
    const body = around(noise(LIMIT - around('').length));
    expect(Buffer.byteLength(body)).toBe(LIMIT);
    expect((await door.post(body)).status).toBe(204);

    const events = await log.read(`call-default.${callId}`);
    const fact = events.at(-1)!;
    expect(fact.type).toBe('CallAnalyzed');
    const parts = events.slice(0, -1).map(({ data }) => data as { factId: string; part: number; text: string });
    expect(fact.data).toMatchObject({ flags: { appointment_confirmed: true }, personalParts: parts.length });
    expect(fact.data).not.toHaveProperty('personal');
    expect(parts.map(({ part }) => part)).toEqual(parts.map((_, i) => i));
    expect(new Set(parts.map(({ factId }) => factId))).toEqual(new Set([fact.id]));
    const personal = JSON.parse(parts.map(({ text }) => text).join(''));
    expect(personal).toEqual({ transcript: JSON.parse(body).call.transcript });

    const raw = await assemble(await log.read(`evidence-default.${callId}`), fact.id);
    expect(raw?.sha256).toBe(sha256(body));
    expect(sha256(raw!.body)).toBe(sha256(body));

    expect((await door.post(body)).status).toBe(204);
    expect(await log.read(`call-default.${callId}`)).toHaveLength(events.length);
  });

  test('a fact in parts has the same id as it would have whole', async () => {
    const data = { callId: 'c', personal: { transcript: '"\\😀'.repeat(500_000) } };
    const fact = callFact(
      tenant('default', []),
      { type: 'CallEnded', data },
      {
        source: 'reconciliation',
        receivedAt: '2026-01-01T00:00:00.000Z',
        endpoint: 'retell',
      },
    );
    expect(fact.id).toBe(factId('default', 'c', 'CallEnded', data));
    const events = eventsOf(fact);
    expect(events.at(-1)!.id).toBe(fact.id);
    for (const event of events) expect(Buffer.byteLength(JSON.stringify(event.data))).toBeLessThan(900 * 1024);
    const whole = events
      .slice(0, -1)
      .map(({ data }) => JSON.parse(JSON.stringify(data)).text)
      .join('');
    expect(JSON.parse(whole)).toEqual(data.personal);
  });

  test('one byte more is 413', async () => {
    const answer = await door.post(Buffer.alloc(LIMIT + 1, 'x')).catch(() => undefined);
    expect(answer?.status).toBe(413);
    expect(answer?.code).toBe('body_too_large');
  });

  test('a length that says so is enough for 413', async () => {
    const { sending, status } = begin(door, { 'content-length': 1e12 });
    sending.flushHeaders();
    expect(await status).toBe(413);
    sending.destroy();
  });

  test('a body without end is cut off at the limit', async () => {
    const { sending, status } = begin(door, { 'transfer-encoding': 'chunked' });
    const chunk = Buffer.alloc(256 * 1024, 'x');
    let sent = 0;
    let over = false;
    status
      .finally(() => {
        over = true;
      })
      .catch(() => {});
    sending.on('error', () => {});
    while (!over && sent < 200 * 1024 * 1024) {
      sending.write(chunk);
      sent += chunk.length;
      await sleep(1);
    }
    expect(await status).toBe(413);
    expect(sent).toBeLessThan(100 * 1024 * 1024);
    sending.destroy();
  });

  test('a gzip bomb is bytes that are no JSON: signed, it is quarantined as it is', async () => {
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024, '['), { level: 9 });
    const before = process.memoryUsage().rss;
    const answer = await door.post(bomb, { headers: { 'content-encoding': 'gzip' } });
    expect(answer.status).toBe(204);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
    const events = await log.read(`quarantine-default.${sha256(bomb)}`);
    expect(events.at(-1)?.data).toMatchObject({ reason: 'not_json', size: bomb.length });
    expect((await door.post(bomb, { headers: { 'content-encoding': 'gzip' }, key: 'foreign' })).status).toBe(401);
  });
});

describe('odd senders', () => {
  test('a slow one is given up, and the others go on meanwhile', async () => {
    const other = await openDoor(log, { config: { bodyTimeoutMs: 3000 } });
    const slow = Array.from({ length: 50 }, () => {
      const { sending, status } = begin(other, { 'content-length': 1000 });
      sending.write('{');
      return { sending, status };
    });
    let givenUp = 0;
    for (const { status } of slow) void status.then(() => givenUp++);
    await sleep(50);
    expect((await other.post(ended(newCallId()))).status).toBe(204);
    expect(givenUp).toBe(0);
    expect(new Set(await Promise.all(slow.map(({ status }) => status)))).toEqual(new Set([408]));
    for (const { sending } of slow) sending.destroy();
    await other.close();
  });

  test('many large ones do not fill the memory, nor keep a small one out', async () => {
    const other = await openDoor(log, { config: { bodiesTotalBytes: 20 * 1024 * 1024, bodyTimeoutMs: 5000 } });
    const large = Array.from({ length: 6 }, () => {
      const { sending, status } = begin(other, { 'transfer-encoding': 'chunked' });
      sending.write(Buffer.alloc(5 * 1024 * 1024, 'x'));
      return { sending, status };
    });
    const refused = await Promise.race(large.map(({ status }) => status));
    expect(refused).toBe(503);
    expect((await other.post(ended(newCallId()))).status).toBe(204);
    for (const { sending } of large) sending.destroy();
    await other.close();
  });

  test('one that goes away in the middle leaves nothing, and no trace of an error', async () => {
    const before = door.lines.length;
    const { sending } = begin(door, { 'content-length': 1000 });
    sending.on('error', () => {});
    await once(sending, 'socket');
    await new Promise((resolve) => sending.write('{"event":', resolve));
    sending.destroy();
    const lines = () => door.logged().slice(before);
    await expect.poll(() => lines().map(({ reason }) => reason)).toEqual(['client_gone']);
    expect(lines()[0]).not.toHaveProperty('at');
    expect((await door.post(ended(newCallId()))).status).toBe(204);
  });

  test('one that asks before it sends is told to go on', async () => {
    const callId = newCallId();
    const body = JSON.stringify(ended(callId));
    const { sending, status } = begin(door, {
      expect: '100-continue',
      'content-length': body.length,
      'x-retell-signature': signature(body),
    });
    sending.on('continue', () => sending.end(body));
    sending.flushHeaders();
    expect(await status).toBe(204);
  });

  test('one that sends byte by byte, in chunks, is understood', async () => {
    const callId = newCallId();
    const body = JSON.stringify(ended(callId, { agent_name: 'Zoë 😀' }));
    const { sending, status } = begin(door, {
      'transfer-encoding': 'chunked',
      'x-retell-signature': signature(body),
    });
    for (const byte of Buffer.from(body)) sending.write(Buffer.of(byte));
    sending.end();
    expect(await status).toBe(204);
    expect((await log.read(`call-default.${callId}`))[0]?.data).toMatchObject({ agentName: 'Zoë 😀' });
  });

  test('one that says nothing HTTP can understand does no harm', async () => {
    const socket = connect(door.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(`POST ${PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n`);
    await sleep(100);
    socket.destroy();
    expect((await door.post(ended(newCallId()))).status).toBe(204);
  });
});

describe('odd bytes under a valid signature', () => {
  const call = (callId: string, more: string) => `{"event":"call_ended","call":{"call_id":"${callId}"${more}}}`;
  test.each([
    ['a BOM', (id: string) => Buffer.from(`\ufeff${call(id, '')}`)],
    ['invalid UTF-8 in a text', (id: string) => Buffer.from(call(id, ',"transcript":"Gr\xfc\xdf"'), 'latin1')],
    ['a NUL in a text', (id: string) => Buffer.from(call(id, ',"transcript":"a\\u0000b","agent_name":"\\u0000"'))],
    [
      'lone surrogates',
      (id: string) => Buffer.from(call(id, ',"transcript":"\\ud800 \\udc00","agent_name":"\\udfff"')),
    ],
    [
      'numbers beyond all bounds',
      (id: string) => Buffer.from(call(id, ',"duration_ms":1e999,"start_timestamp":-1e999')),
    ],
    ['the same key twice', (id: string) => Buffer.from(call('first', `},"call":{"call_id":"${id}"`))],
  ])('%s: the fact is recorded', async (_, make) => {
    const callId = newCallId();
    const body = make(callId);
    expect((await door.post(body)).status).toBe(204);
    const [fact] = await log.read(`call-default.${callId}`);
    expect(fact?.type).toBe('CallEnded');
    expect((await assemble(await log.read(`evidence-default.${callId}`), fact!.id))?.body.equals(body)).toBe(true);
  });
  test.each([
    ['ten thousand levels deep', Buffer.from(call('c', `,"a":${'['.repeat(10_000)}${']'.repeat(10_000)}`)), 'too_deep'],
    ['empty', Buffer.alloc(0), 'not_json'],
    ['UTF-16', Buffer.from(`\ufeff${call('c', '')}`, 'utf16le'), 'not_json'],
    ['invalid UTF-8 in the call id', Buffer.from(call('c\xff', ''), 'latin1'), 'call_id_invalid'],
    ['a NUL in the call id', Buffer.from(call('c\\u0000', '')), 'call_id_invalid'],
  ])('%s: quarantined', async (_, body, reason) => {
    expect((await door.post(body)).status).toBe(204);
    const events = await log.read(`quarantine-default.${sha256(body)}`);
    expect(events.at(-1)?.data).toMatchObject({ reason });
    expect(
      (await assemble(await log.read(`quarantine-default.${sha256(body)}`), sha256(body)))?.body.equals(body),
    ).toBe(true);
  });
});
