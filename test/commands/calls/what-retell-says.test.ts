import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { retellApi } from '../../../src/commands/calls/retell-api.ts';
import type { EventLog } from '../../../src/events/event-log.ts';
import type { CreateFate, ListFate } from '../../../src/retell-emulator/answers.ts';
import { type Retell, startRetell } from '../../../src/retell-emulator/start.ts';
import { patientLog } from '../../support/patient-log.ts';
import { type Store, startStore } from '../webhooks/door.ts';
import { type CallsService, callsService, newRequest, typesOf } from './scene.ts';

// Retell answers a create, or a look for its call, with what is no answer: nothing is concluded from it.

let store: Store;
let log: EventLog;
let retell: Retell;
let service: CallsService;
beforeAll(async () => {
  store = await startStore();
  log = patientLog(store.url);
  retell = await startRetell();
  // Time enough to read as much as is read of an answer that does not end.
  service = await callsService(log, {
    retellUrl: retell.url,
    times: { createTimeoutMs: 10_000, listTimeoutMs: 10_000 },
  });
});
afterAll(async () => {
  await service.close();
  await retell.stop();
  await log.close();
  await store.remove();
});

describe('a create that dials is answered with', () => {
  test.each<[string, NonNullable<CreateFate['answer']>, string]>([
    ['a body without an end', { endless: 201 }, 'answer_too_large'],
    ['no call', { says: {} }, 'answer_without_call_id'],
    ['a list', { says: [] }, 'answer_without_call_id'],
    ['null', { says: null }, 'answer_without_call_id'],
    ['an id that is a number', { says: { call_id: 42 } }, 'answer_without_call_id'],
    ['an id as long as a book', { says: { call_id: 'c'.repeat(5000) } }, 'answer_without_call_id'],
    ['a word that stands for nothing', { says: { call_id: 'undefined' } }, 'answer_without_call_id'],
    [
      'brackets too deep',
      {
        says: Array(200)
          .fill(0)
          .reduce((inner) => [inner], 0),
      },
      'answer_too_deep',
    ],
  ])('%s: the call is found, and the log says why it was looked for', async (_, answer, reason) => {
    const request = newRequest();
    retell.next({ answer });
    const { status, body } = await service.post(request);
    const { call } = retell.truth(request.callSessionId)[0]!;
    expect([status, body.retellCallIds]).toEqual([202, [call.call_id]]);
    expect(await typesOf(log, request.callSessionId)).toEqual(['CallRequested', 'CallPlaced']);
    expect(service.logged()).toContain(`"sessionId":"${request.callSessionId}","reason":"${reason}"`);
  });
});

describe('a look for a call is answered with', () => {
  const session = { tenantId: 'default', sessionId: 'cs_looked_for' };
  const metadata = { tenant_id: 'default', call_session_id: 'cs_looked_for' };
  const theirs = { call_id: 'call_theirs', metadata: { ...metadata, call_session_id: 'cs_other' } };
  test.each<[string, ListFate['answer'], string]>([
    ['a body without an end', { endless: 201 }, 'answer_too_large'],
    ['no list', { says: [] }, 'answer_unknown_shape'],
    ['items that are none', { says: { items: {}, has_more: false } }, 'answer_unknown_shape'],
    ['an item that is no call', { says: { items: [null], has_more: false } }, 'call_unreadable'],
    ['a call of nobody', { says: { items: [{ call_id: 'call_x' }], has_more: false } }, 'call_unreadable'],
    ['its call without an id', { says: { items: [{ metadata }], has_more: false } }, 'call_unreadable'],
    ['the id of nothing', { says: { items: [{ metadata, call_id: 'null' }], has_more: false } }, 'call_unreadable'],
    ['a part', { says: { items: [theirs], has_more: true, pagination_key: 'k' } }, 'list_not_whole'],
    ['a part without a way on', { says: { items: [theirs], has_more: true } }, 'list_without_key'],
    ['more than was asked for', { says: { items: Array(101).fill(theirs), has_more: false } }, 'page_too_long'],
  ])('%s: that is not that there is none', async (_, answer, unavailable) => {
    retell.nextList({ answer });
    const limit = { timeoutMs: 10_000, signal: new AbortController().signal };
    expect(await retellApi(retell.apiKey, retell.url).callsOf(session, limit)).toEqual({ unavailable });
  });

  test('its call, twice and among others: it is taken once', async () => {
    const mine = { metadata, call_id: 'call_mine' };
    retell.nextList({ answer: { says: { items: [theirs, mine, null, mine], has_more: true } } });
    retell.nextList({ answer: { says: { items: [theirs, mine, null, mine], has_more: false } } });
    const limit = { timeoutMs: 10_000, signal: new AbortController().signal };
    const api = retellApi(retell.apiKey, retell.url);
    expect(await api.callsOf(session, limit)).toEqual({ unavailable: 'list_without_key' });
    expect(await api.callsOf(session, limit)).toEqual(['call_mine']);
  });
});

test('of a refusal without an end its status counts', async () => {
  const request = newRequest();
  retell.next({ dials: false, answer: { endless: 422 } });
  const { status, body } = await service.post(request);
  expect([status, body.code]).toEqual([422, 'retell_not_found']);
});
