import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { describe, expect, test } from 'vitest';
import { retellApi, retellOf } from '../../../src/commands/calls/retell-api.ts';
import { EventStoreUnavailable } from '../../../src/events/event-log.ts';
import { callsOfFile } from './calls-of-file.ts';
import { callsService, code, newRequest, typesOf } from './scene.ts';

const { log, unbroken, retell, service, breakLog, mend } = await callsOfFile();

describe('the event store', () => {
  test('that does not confirm the request: nobody is called, until a repeat finds it on record', async () => {
    const request = newRequest();
    breakLog({
      append: async (...args) => {
        await unbroken.append(...args);
        throw new EventStoreUnavailable('written, and not confirmed');
      },
    });
    const answer = await service.post(request);
    mend();
    expect(code(answer)).toEqual([503, 'event_store_unavailable']);
    expect(retell.dials(request.callSessionId)).toBe(0);
    const again = await Promise.all([service.post(request), service.post(request)]);
    expect(again.map(({ status }) => status)).toEqual([202, 202]);
    expect(retell.dials(request.callSessionId)).toBe(1);
  });

  test('that does not confirm it in time: the repeat is told that it is over', async () => {
    const hasty = await callsService(log, { retellUrl: retell.url, times: { dialWithinMs: 50 } });
    const request = newRequest();
    breakLog({
      append: async (...args) => {
        await unbroken.append(...args);
        throw new EventStoreUnavailable('written, and not confirmed');
      },
    });
    expect((await hasty.post(request)).status).toBe(503);
    mend();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(code(await hasty.post(request))).toEqual([503, 'request_expired']);
    await hasty.close();
    expect(retell.dials(request.callSessionId)).toBe(0);
  });

  test('that is away when Retell has answered: what it answered is told as soon as it is back', async () => {
    const request = newRequest();
    const stream = `session-default.${request.callSessionId}`;
    let away = 0;
    breakLog({
      read: async (name, ...rest) => {
        if (name === stream && retell.dials(request.callSessionId) > 0 && away++ < 3)
          throw new EventStoreUnavailable('away');
        return unbroken.read(name, ...rest);
      },
    });
    expect((await service.post(request)).status).toBe(202);
    mend();
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
