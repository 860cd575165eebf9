import { describe, expect, test } from 'vitest';
import { startRetell } from '../../../src/retell-emulator/start.ts';
import { callsOfFile } from './calls-of-file.ts';
import { callsService, code, factsOf, newRequest, typesOf } from './scene.ts';

const { log, retell, service } = await callsOfFile();

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
