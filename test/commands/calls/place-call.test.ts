import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { retellApi, retellOf } from '../../../src/commands/calls/retell-api.ts';
import { type EventLog, EventStoreUnavailable } from '../../../src/events/event-log.ts';
import { type Retell, startRetell } from '../../../src/retell-emulator/start.ts';
import { patientLog } from '../../support/patient-log.ts';
import { type Door, KEY, openDoor, type Store, startStore } from '../webhooks/door.ts';
import { type CallsService, callsService, factsOf, newRequest, typesOf } from './scene.ts';

let store: Store;
let real: EventLog;
/** What the log does instead, for a test that breaks it. */
let broken: Partial<Pick<EventLog, 'append' | 'read'>> = {};
let log: EventLog;
let retell: Retell;
let service: CallsService;
beforeAll(async () => {
  store = await startStore();
  real = patientLog(store.url);
  log = {
    ...real,
    append: (...args) => (broken.append ?? real.append)(...args),
    read: (...args) => (broken.read ?? real.read)(...args),
  };
  retell = await startRetell();
  service = await callsService(log, { retellUrl: retell.url });
});
afterAll(async () => {
  await service.close();
  await retell.stop();
  await real.close();
  await store.remove();
});

const code = ({ status, body }: { status: number; body: { code?: string } }) => [status, body.code];
const lastCreate = () => retell.requests.findLast(({ path }) => path === '/v2/create-phone-call')!.body;

describe('a call is placed', () => {
  test('and the request is on record before Retell is asked', async () => {
    const request = newRequest({ agentId: 'agent_1', appointmentId: 'apt_1', contactId: 'con_1' });
    let before: string[] | undefined;
    const watched = await callsService(log, {
      retellUrl: retell.url,
      between: (api) => ({
        ...api,
        dial: async (...args) => {
          before = await typesOf(log, request.callSessionId);
          return api.dial(...args);
        },
      }),
    });
    const { status, headers, body } = await watched.post({
      ...request,
      variables: { name: 'Alex', age: 7, vip: true },
    });
    await watched.close();
    const { call } = retell.truth(request.callSessionId)[0]!;
    expect([status, headers.get('location')]).toEqual([202, `/api/call-sessions/${request.callSessionId}`]);
    expect(body).toMatchObject({
      id: request.callSessionId,
      tenantId: 'default',
      status: 'pending',
      statusReason: 'requested',
      direction: 'outbound',
      appointmentId: 'apt_1',
      contactId: 'con_1',
      agentId: 'agent_1',
      retellCallId: call.call_id,
      retellCallIds: [call.call_id],
      toNumber: '+447700900123',
      revision: 2,
    });
    expect(before).toEqual(['CallRequested']);
    expect(await factsOf(log, request.callSessionId)).toEqual([
      {
        type: 'CallRequested',
        fromNumber: '+442079460018',
        toNumber: '+447700900123',
        agentId: 'agent_1',
        appointmentId: 'apt_1',
        contactId: 'con_1',
        requestDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
        by: 'key-1',
      },
      { type: 'CallPlaced', retellCallId: call.call_id },
    ]);
    expect(lastCreate()).toEqual({
      from_number: '+442079460018',
      to_number: '+447700900123',
      override_agent_id: 'agent_1',
      retell_llm_dynamic_variables: { name: 'Alex', age: '7', vip: 'true' },
      metadata: {
        tenant_id: 'default',
        call_session_id: request.callSessionId,
        appointment_id: 'apt_1',
        contact_id: 'con_1',
      },
    });
  });

  test('with a session of its own where none is named, and nothing that was not asked for', async () => {
    const { body } = await service.post({ fromNumber: '020 7946 0018', toNumber: '07700 900123' });
    expect(body.id).toMatch(/^cs_[0-9a-f-]{36}$/);
    expect(lastCreate()).toEqual({
      from_number: '+442079460018',
      to_number: '+447700900123',
      metadata: { tenant_id: 'default', call_session_id: body.id },
    });
  });

  test('and shown as the query API shows it, as of the last fact', async () => {
    const asked: unknown[][] = [];
    const other = await callsService(log, {
      retellUrl: retell.url,
      sessionAfter: async (...args) => {
        asked.push(args);
        return { id: 'as', tenantId: 'it', status: 'is' };
      },
    });
    const request = newRequest();
    expect((await other.post(request)).body).toEqual({ id: 'as', tenantId: 'it', status: 'is' });
    await other.close();
    const position = (await log.read(`session-default.${request.callSessionId}`)).at(-1)!.position;
    expect(asked).toEqual([['default', request.callSessionId, position, 1000]]);
  });

  test('for each tenant for itself, though both use one name and one key', async () => {
    const request = newRequest();
    const [mine, theirs] = [await service.post(request), await service.post(request, { key: 'acme' })];
    expect([mine.status, theirs.status, theirs.body.tenantId]).toEqual([202, 202, 'acme']);
    expect(retell.dials(request.callSessionId)).toBe(2);
    expect(mine.body.retellCallId).not.toBe(theirs.body.retellCallId);
  });
});

describe('nobody is called twice', () => {
  test('by fifty requests at once', async () => {
    const request = newRequest();
    const answers = await Promise.all(Array.from({ length: 50 }, () => service.post(request)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    const { call } = retell.truth(request.callSessionId)[0]!;
    expect(new Set(answers.map(({ body }) => body.retellCallId))).toEqual(new Set([call.call_id]));
    expect(retell.dials(request.callSessionId)).toBe(1);
    expect(await typesOf(log, request.callSessionId)).toEqual(['CallRequested', 'CallPlaced']);
  });

  test('by fifty requests at once that share an Idempotency-Key and name no session', async () => {
    const { callSessionId: _, ...request } = newRequest({ contactId: 'storm' });
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => service.post(request, { idempotencyKey: 'storm' })),
    );
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1);
    expect(retell.dials(answers[0]!.body.id)).toBe(1);
  });

  test('by a repeat, however its numbers and variables are written', async () => {
    const request = newRequest({ variables: { n: 1 } });
    const first = await service.post(request, { idempotencyKey: 'repeat' });
    const again = { ...request, toNumber: ' 07700 900 123', variables: { n: '1' } };
    expect((await service.post(again)).body).toEqual(first.body);
    expect((await service.post(again, { idempotencyKey: 'repeat' })).body).toEqual(first.body);
    expect(retell.dials(request.callSessionId)).toBe(1);
  });

  test('by other content for the same session', async () => {
    const request = newRequest({ variables: { n: 1 } });
    await service.post(request);
    for (const other of [{ toNumber: '+447700900124' }, { variables: { n: 2 } }, { appointmentId: 'a' }])
      expect(code(await service.post({ ...request, ...other }))).toEqual([409, 'call_session_exists']);
    expect(retell.dials(request.callSessionId)).toBe(1);
  });

  test.each([
    ['another number', { toNumber: '+447700900124' }],
    ['another session', { callSessionId: 'cs_another' }],
    ['no session', { callSessionId: undefined }],
  ])('by the same Idempotency-Key with %s', async (what, other) => {
    const request = newRequest();
    const idempotencyKey = `key with ${what}`;
    await service.post(request, { idempotencyKey });
    const made = retell.calls().length;
    const answer = await service.post({ ...request, ...other }, { idempotencyKey });
    expect(code(answer)).toEqual([409, 'idempotency_key_reused']);
    expect((await service.post({ ...newRequest() }, { key: 'acme', idempotencyKey })).status).toBe(202);
    expect(retell.calls().length).toBe(made + 1);
  });

  test('when Retell dials and its answer is lost, comes too late or comes in half: the call is found', async () => {
    for (const fate of [{ answer: 'cut' }, { answer: 'hang' }, { answer: 'half' }, { delayAfterMs: 1200 }] as const) {
      const request = newRequest();
      retell.next(fate);
      const answers = await Promise.all([service.post(request), service.post(request)]);
      const { call } = retell.truth(request.callSessionId)[0]!;
      expect(answers.map(({ status, body }) => [status, body.retellCallId])).toEqual([
        [202, call.call_id],
        [202, call.call_id],
      ]);
      expect(await typesOf(log, request.callSessionId)).toEqual(['CallRequested', 'CallPlaced']);
      expect(retell.dials(request.callSessionId)).toBe(1);
    }
  });

  test('when Retell fails after it dialled', async () => {
    const request = newRequest();
    retell.next({ dials: true, answer: { status: 500 } });
    expect((await service.post(request)).status).toBe(202);
    expect(await typesOf(log, request.callSessionId)).toEqual(['CallRequested', 'CallPlaced']);
    expect(retell.dials(request.callSessionId)).toBe(1);
  });

  test('when lists fail and lag behind: they are asked again', async () => {
    const lagging = await startRetell({ listLagMs: 300 });
    const other = await callsService(log, { retellUrl: lagging.url });
    const request = newRequest();
    lagging.next({ answer: 'cut' });
    lagging.nextList({ answer: { status: 429 } }, { answer: 'cut' }, { answer: 'hang' });
    const { status, body } = await other.post(request);
    await other.close();
    await lagging.stop();
    expect([status, body.retellCallIds]).toEqual([202, [lagging.truth(request.callSessionId)[0]!.call.call_id]]);
  });

  test('when the call was never made: it is given up after the lists have had time to show it, and not before', async () => {
    const request = newRequest();
    retell.next({ dials: false, answer: 'cut' });
    const began = performance.now();
    const answer = await service.post(request);
    expect(performance.now() - began).toBeGreaterThan(1400);
    expect(code(answer)).toEqual([503, 'not_placed']);
    expect(await factsOf(log, request.callSessionId)).toMatchObject([
      { type: 'CallRequested' },
      { type: 'CallPlacementFailed', reason: 'not_placed' },
    ]);
    expect(code(await service.post(request))).toEqual([503, 'not_placed']);
    expect(retell.dials(request.callSessionId)).toBe(0);
  });

  test('and nobody waits longer for an answer than promised; the session settles by itself', async () => {
    const patient = await callsService(log, {
      retellUrl: retell.url,
      times: { answerWithinMs: 100, createTimeoutMs: 20_000 },
    });
    const request = newRequest();
    const answered = Promise.withResolvers<void>();
    retell.next({ until: answered.promise });
    const { status, body } = await patient.post(request);
    expect([status, body.status, body.retellCallIds]).toEqual([202, 'pending', []]);
    answered.resolve();
    await expect.poll(() => typesOf(log, request.callSessionId)).toEqual(['CallRequested', 'CallPlaced']);
    await patient.close();
    expect(retell.dials(request.callSessionId)).toBe(1);
  });
});

describe('a refusal is on record, and told to whoever asks again', () => {
  test.each([
    [{ status: 400 }, 422, 'retell_invalid_request', null],
    [{ status: 401 }, 409, 'retell_key_rejected', null],
    [{ status: 402 }, 402, 'retell_payment_required', null],
    [{ status: 422 }, 422, 'retell_not_found', null],
    [{ status: 429, headers: { 'retry-after': '7' } }, 429, 'retell_rate_limited', '7'],
    [{ status: 429, message: 'Concurrency limit reached' }, 429, 'retell_concurrency_limit', '60'],
    [{ status: 418 }, 422, 'retell_refused', null],
  ])('%j → %d %s', async (answer, status, word, retryAfter) => {
    const request = newRequest();
    retell.next({ answer });
    const first = await service.post(request);
    expect(code(first)).toEqual([status, word]);
    expect(first.headers.get('retry-after')).toBe(retryAfter);
    expect(first.body.detail).toMatch(/Retell says: .*callSessionId/);
    expect(await factsOf(log, request.callSessionId)).toMatchObject([
      { type: 'CallRequested' },
      { type: 'CallPlacementFailed', reason: word },
    ]);
    const again = await service.post(request);
    expect(code(again)).toEqual([status, word]);
    expect(again.headers.get('location')).toBe(`/api/call-sessions/${request.callSessionId}`);
    expect(retell.dials(request.callSessionId)).toBe(0);
  });

  test('a Retell that cannot be reached has called nobody, and is not asked for what it did', async () => {
    const gone = await startRetell();
    await gone.stop();
    const other = await callsService(log, { retellUrl: gone.url });
    const request = newRequest();
    expect(code(await other.post(request))).toEqual([503, 'retell_unreachable']);
    await other.close();
    expect(await typesOf(log, request.callSessionId)).toEqual(['CallRequested', 'CallPlacementFailed']);
  });

  test('without a key for Retell nothing is recorded', async () => {
    const request = newRequest();
    expect(code(await service.post(request, { key: 'poor', idempotencyKey: 'k' }))).toEqual([
      409,
      'retell_not_configured',
    ]);
    expect(await typesOf(log, request.callSessionId, 'poor')).toEqual([]);
  });
});

test.each([
  ['no number', { toNumber: undefined }, 'toNumber'],
  ['a number that is none', { toNumber: 'call me' }, 'toNumber'],
  ['a SIP address', { toNumber: 'sip:a@example.test' }, 'toNumber'],
  ['an extension', { toNumber: '+442079460018 ext. 5' }, 'toNumber'],
  ['a number that is too long', { fromNumber: '+4420794600181234567' }, 'fromNumber'],
  ['a list as a variable', { variables: { a: ['x'] } }, 'variables.a'],
  ['a number as a variable that was rounded', { variables: { a: 2 ** 53 } }, 'variables.a'],
  ['null as a variable', { variables: { a: null } }, 'variables.a'],
  ['an id that is a number', { appointmentId: 7 }, 'appointmentId'],
  ['a session id with a control character', { callSessionId: 'a\u0007' }, 'callSessionId'],
  ['the id of somebody else’s session', { callSessionId: 'call:call_1' }, 'callSessionId'],
  ['an unknown field', { metadata: {} }, ''],
])('%s is refused with its place, and nothing is recorded', async (_, more, path) => {
  const made = retell.calls().length;
  const request = newRequest(more);
  const { status, body } = await service.post(request);
  expect([status, body.code, body.errors[0].path]).toEqual([400, 'invalid_request', path]);
  expect(retell.calls().length).toBe(made);
  expect(await typesOf(log, request.callSessionId)).toEqual([]);
});

test('a national number needs a region of the tenant', async () => {
  const { body } = await service.post(newRequest({ toNumber: '07700 900123' }), { key: 'acme' });
  expect(body.errors).toEqual([{ path: 'toNumber', message: expect.stringContaining('defaultRegion') }]);
});

test('only a key with write scope may call anybody', async () => {
  expect(code(await service.post(newRequest(), { key: 'reads' }))).toEqual([403, 'missing_scope']);
  expect(code(await service.post(newRequest(), { key: 'nobody' }))).toEqual([401, 'unauthorized']);
});

describe('the event store', () => {
  test('that does not confirm the request: nobody is called, until a repeat finds it on record', async () => {
    const request = newRequest();
    broken = {
      append: async (...args) => {
        await real.append(...args);
        throw new EventStoreUnavailable('written, and not confirmed');
      },
    };
    const answer = await service.post(request);
    broken = {};
    expect(code(answer)).toEqual([503, 'event_store_unavailable']);
    expect(retell.dials(request.callSessionId)).toBe(0);
    const again = await Promise.all([service.post(request), service.post(request)]);
    expect(again.map(({ status }) => status)).toEqual([202, 202]);
    expect(retell.dials(request.callSessionId)).toBe(1);
  });

  test('that does not confirm it in time: the repeat is told that it is over', async () => {
    const hasty = await callsService(log, { retellUrl: retell.url, times: { dialWithinMs: 50 } });
    const request = newRequest();
    broken = {
      append: async (...args) => {
        await real.append(...args);
        throw new EventStoreUnavailable('written, and not confirmed');
      },
    };
    expect((await hasty.post(request)).status).toBe(503);
    broken = {};
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(code(await hasty.post(request))).toEqual([503, 'request_expired']);
    await hasty.close();
    expect(retell.dials(request.callSessionId)).toBe(0);
  });

  test('that is away when Retell has answered: what it answered is told as soon as it is back', async () => {
    const request = newRequest();
    const stream = `session-default.${request.callSessionId}`;
    let away = 0;
    broken = {
      read: async (name, ...rest) => {
        if (name === stream && retell.dials(request.callSessionId) > 0 && away++ < 3)
          throw new EventStoreUnavailable('away');
        return real.read(name, ...rest);
      },
    };
    expect((await service.post(request)).status).toBe(202);
    broken = {};
    expect(away).toBeGreaterThan(3);
    expect(await typesOf(log, request.callSessionId)).toEqual(['CallRequested', 'CallPlaced']);
    expect(retell.dials(request.callSessionId)).toBe(1);
  });
});

describe('looking for a call', () => {
  test('does not take another tenant’s for one’s own, though both use one Retell account and one name', async () => {
    const request = newRequest();
    await service.post(request);
    retell.next({ dials: false, answer: 'cut' });
    expect(code(await service.post(request, { key: 'acme' }))).toEqual([503, 'not_placed']);
    const { body } = retell.requests.findLast(({ path }) => path === '/v3/list-calls')!;
    expect((body as { filter_criteria: object }).filter_criteria).toEqual({
      metadata: [
        { type: 'string', op: 'eq', key: 'call_session_id', value: request.callSessionId },
        { type: 'string', op: 'eq', key: 'tenant_id', value: 'acme' },
      ],
    });
  });

  test('does not trust a list that holds others', async () => {
    const item = (call_id: string, metadata: unknown) => ({ call_id, metadata });
    const careless = serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: () =>
        Response.json({
          items: [
            item('theirs', { call_session_id: 'cs', tenant_id: 'acme' }),
            item('another', { call_session_id: 'cs2', tenant_id: 'default' }),
            item('nobodys', null),
            item('mine', { call_session_id: 'cs', tenant_id: 'default' }),
          ],
          has_more: false,
        }),
    });
    await new Promise((resolve) => careless.once('listening', resolve));
    const api = retellApi('key', `http://127.0.0.1:${(careless.address() as AddressInfo).port}`);
    const limit = { timeoutMs: 1000, signal: new AbortController().signal };
    expect(await api.callsOf({ tenantId: 'default', sessionId: 'cs' }, limit)).toEqual(['mine']);
    await new Promise((resolve) => careless.close(resolve));
  });
});

test('a tenant calls under its own key, and RETELL_API_KEY is tenant `default`’s alone', async () => {
  const keys = new Map([['acme', retell.apiKey]]);
  const directory = { retellApiKey: (tenantId: string) => keys.get(tenantId) };
  const api = retellOf(directory, { apiKey: 'another', baseUrl: retell.url });
  const limit = { timeoutMs: 1000, signal: new AbortController().signal };
  const order = { fromNumber: '+442079460018', toNumber: '+447700900123' };
  const dial = (tenantId: string) => api(tenantId)?.dial({ tenantId, sessionId: 'cs_keys' }, order, limit);
  expect(await dial('acme')).toMatchObject({ outcome: 'placed' });
  expect(await dial('default')).toMatchObject({ outcome: 'refused', reason: 'retell_key_rejected' });
  expect(api('nobody')).toBeUndefined();
  keys.set('default', retell.apiKey);
  expect(await dial('default')).toMatchObject({ outcome: 'placed' });
});

test('webhooks that overtake the answer speak of the same session and the same call', async () => {
  const door: Door = await openDoor(log);
  await retell.quiet();
  retell.webhooksTo({ url: `${door.url}/api/webhooks/retell`, key: KEY });
  const request = newRequest({ appointmentId: 'apt_race' });
  retell.tell(request.callSessionId, 'confirmed');
  const patient = await callsService(log, {
    retellUrl: retell.url,
    times: { createTimeoutMs: 20_000, answerWithinMs: 20_000 },
  });
  const heard = Promise.withResolvers<void>();
  retell.next({ until: heard.promise });
  const before = retell.deliveries.length;
  const answering = patient.post(request);
  await expect.poll(() => retell.deliveries.length - before, { timeout: 10_000 }).toBe(3);
  const callId = retell.truth(request.callSessionId)[0]!.call.call_id;
  expect(await typesOf(log, request.callSessionId)).toEqual(['CallRequested']);
  heard.resolve();
  const { status, body } = await answering;
  retell.webhooksTo(undefined);
  await door.close();
  await patient.close();
  expect([status, body.retellCallId]).toEqual([202, callId]);
  const told = await log.read(`call-default.${callId}`);
  expect(told.map(({ type, data }) => [type, (data as { callSessionId: string }).callSessionId])).toEqual([
    ['CallStarted', request.callSessionId],
    ['CallEnded', request.callSessionId],
    ['CallAnalyzed', request.callSessionId],
  ]);
});

test('the log holds ids and reasons: no number, no variable, no key', async () => {
  retell.next({}, { answer: { status: 422, message: 'no agent for +447700900123' } }, { answer: 'cut' });
  for (const variables of [{ a: 'Mrs Schmidt' }, { a: 'Mr Meier' }, { a: 'Alex' }])
    await service.post(newRequest({ variables }));
  expect(service.logged()).toMatch(/"event":"call_placed".*"retellCallId":"call_/);
  expect(service.logged()).not.toMatch(/7700900|2079460|Schmidt|Meier|Alex|key_of_the_emulator/);
});
