import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { CallLedger, type CallSession, type LiveEvent, ProblemError } from '../../clients/typescript/src/index.ts';
import { startScene } from '../cli/scene.ts';
import { eventually } from '../support/service.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

const scene = await startScene();
afterAll(() => scene.stop());
const { key } = (await scene.cli(['keys', 'issue', 'default', '--scope', 'write', '--json'])).json();
const ledger = new CallLedger({ url: `${scene.service.url}/`, key });

const busy = async (callId = `call_${randomUUID()}`): Promise<string> => {
  const call = {
    call_id: callId,
    call_type: 'phone_call',
    disconnection_reason: 'dial_busy',
    call_status: 'not_connected',
  };
  expect(await scene.post(JSON.stringify({ event: 'call_ended', call }))).toBe(204);
  return callId;
};

test('its types are those of the document: after a change, npm run openapi', () => {
  const sha256 = createHash('sha256').update(read('src/read-api/openapi.json')).digest('hex');
  expect(read('clients/typescript/src/schema.ts').slice(0, 300)).toContain(sha256);
});

test('a session is read by the id of its call, and a list to its end, page by page', async () => {
  const callIds = await Promise.all([busy(), busy(), busy()]);
  const session: CallSession = await eventually(() =>
    ledger.get('/api/call-sessions/{id}', { path: { id: `call:${callIds[0]}` } }).catch(() => undefined),
  );
  expect(session.status satisfies string).toBe('busy');
  const found = await eventually(async () => {
    const all: string[] = [];
    for await (const { retellCallIds } of ledger.each('/api/call-sessions', { query: { status: 'busy', limit: 1 } }))
      all.push(...retellCallIds);
    return callIds.every((id) => all.includes(id)) && all;
  });
  expect(new Set(found).size).toBe(found.length);
});

test('what is refused is a ProblemError, with code, fields and request id', async () => {
  const error = await ledger.get('/api/call-sessions', { query: { limit: 1000 } }).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(ProblemError);
  expect(error).toMatchObject({ status: 400, code: 'invalid_request', errors: [{ path: 'limit' }] });
  expect(error.requestId).toMatch(/.{8}/);
  const stranger = new CallLedger({ url: scene.service.url, key: 'wrong' });
  await expect(stranger.get('/api/me')).rejects.toMatchObject({ status: 401, code: 'unauthorized' });
});

test('under an idempotency key a lost answer is asked for again, and changes nothing twice', async () => {
  const path = { id: `apt_${randomUUID()}` };
  await ledger.put('/api/appointments/{id}', { path, body: { startsAt: '2027-01-01T09:00:00Z' } });
  let lost = 0;
  const unlucky = new CallLedger({
    ...{ url: scene.service.url, key },
    async fetch(...request) {
      const response = await fetch(...request);
      if (lost++ > 0) return response;
      await response.text();
      throw new TypeError('fetch failed');
    },
  });
  const callId = await busy();
  const archived = { path: { id: `call:${callId}` }, idempotencyKey: randomUUID() };
  await eventually(() => ledger.get('/api/call-sessions/{id}', { path: archived.path }).catch(() => undefined));
  expect(await unlucky.post('/api/call-sessions/{id}/archive', archived)).toMatchObject({ archived: true });
  expect(lost).toBe(2);
  lost = 0;
  const { idempotencyKey: _, ...without } = archived;
  await expect(unlucky.post('/api/call-sessions/{id}/unarchive', without)).rejects.toThrow('fetch failed');
});

test('the live feed goes on behind the last event, after a lost connection and under a cursor', async () => {
  const stop = new AbortController();
  const connections: string[] = [];
  let cut = () => {};
  const listener = new CallLedger({
    ...{ url: scene.service.url, key },
    async fetch(input, init) {
      connections.push(String(input));
      const cutting = new AbortController();
      cut = () => cutting.abort();
      return fetch(input, { ...init, signal: AbortSignal.any([init!.signal!, cutting.signal]) });
    },
  });
  const seen: LiveEvent[] = [];
  const callIds: string[] = [];
  for await (const event of listener.live({ signal: stop.signal })) {
    seen.push(event);
    if (event.event === 'ready') callIds.push(await busy());
    else if (event.event === 'call.outcome.changed' && event.data.callId === callIds[0]) {
      cut();
      callIds.push(await busy());
    } else if (event.event === 'call.outcome.changed' && event.data.callId === callIds[1]) stop.abort();
  }
  expect(seen.map(({ event }) => event)).toEqual(['ready', 'call.outcome.changed', 'call.outcome.changed']);
  expect(connections).toHaveLength(2);
  expect(connections[1]).toContain(`cursor=${encodeURIComponent(seen[1]!.id)}`);
  for await (const event of ledger.live({ cursor: seen[1]!.id }))
    if (event.event !== 'ready') {
      expect(event).toEqual(seen[2]);
      break;
    }
  await expect(ledger.live({ cursor: 'nowhere' }).next()).rejects.toMatchObject({ status: 400 });
});
