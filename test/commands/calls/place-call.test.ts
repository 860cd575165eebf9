import { describe, expect, test } from 'vitest';
import type { CallSession } from '../../../src/http/resources.ts';
import { startRetell } from '../../../src/retell-emulator/start.ts';
import { type Door, KEY, openDoor } from '../webhooks/door.ts';
import { callsOfFile } from './calls-of-file.ts';
import { callsService, code, factsOf, newRequest, typesOf } from './scene.ts';

const { log, retell, service } = await callsOfFile();

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
        return { id: 'as', tenantId: 'it', statusReason: 'is' } as CallSession;
      },
    });
    const request = newRequest();
    expect((await other.post(request)).body).toEqual({ id: 'as', tenantId: 'it', statusReason: 'is' });
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
