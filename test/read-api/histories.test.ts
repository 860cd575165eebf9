import { beforeEach, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { Delivery } from '../../src/read-api/deliveries.ts';
import { HistoryItem } from '../../src/read-api/history.ts';
import { queryApi } from './callers.ts';
import { analysedCall, readModelOfFile } from './read-model.ts';

const readModel = await readModelOfFile();
const { get } = queryApi(readModel.db);
beforeEach(() => readModel.clear());

/** What was answered is what is documented, and nothing more. */
const documented = (schema: z.ZodType, value: unknown) => expect(schema.parse(value)).toEqual(value);

describe('the deliveries of a session', () => {
  test('are those of its calls, oldest first by position as a number', async () => {
    await readModel.sessions(analysedCall, { id: 'x', retell_call_ids: ['call_x'] });
    await readModel.deliveries(
      { id: 'second', call_id: 'call_2', position: '100000000000000000', payload_digest: 'abc' },
      { id: 'first', call_id: 'call_1', position: '99000', source: 'reconciliation', endpoint: null },
      { id: 'not its own', call_id: 'call_x' },
    );
    const { status, body } = await get('/api/call-sessions/call:call_1/deliveries');
    expect(status).toBe(200);
    for (const item of body.items) documented(Delivery, item);
    expect(body).toEqual({
      items: [
        expect.objectContaining({ id: 'first', callId: 'call_1', position: '99000', source: 'reconciliation' }),
        {
          id: 'second',
          callId: 'call_2',
          event: 'call_ended',
          payloadDigest: 'abc',
          source: 'webhook',
          endpoint: 'retell',
          occurredAt: '2026-03-01T10:00:00.000Z',
          receivedAt: '2026-03-01T10:00:00.100Z',
          recordedAt: '2026-03-01T10:00:00.200Z',
          position: '100000000000000000',
          revision: 0,
        },
      ],
    });
  });

  test('are none as long as it has no call', async () => {
    await readModel.sessions({ id: 'requested' });
    expect((await get('/api/call-sessions/requested/deliveries')).body).toEqual({ items: [] });
  });
});

test('the history of a session is asked for with its final id, all its calls, and the tenant', async () => {
  const item: HistoryItem = {
    position: '123456789012345678901',
    revision: 0,
    type: 'CallEnded',
    occurredAt: '2026-03-01T10:00:00.000Z',
    recordedAt: '2026-03-01T10:00:00.000Z',
    source: 'webhook',
    changes: [
      { field: 'status', from: 'pending', to: 'failed' },
      { field: 'endedAt', from: null, to: '2026-03-01T10:00:00.000Z' },
    ],
    evidence: 'verified',
  };
  const asked: unknown[] = [];
  const { get } = queryApi(readModel.db, async (question, page) => {
    asked.push({ ...question, ...page });
    return { items: [item], hasMore: page.after < 0n };
  });
  await readModel.sessions(analysedCall, { id: 'other', retell_call_ids: ['call_3'] });
  const { status, body } = await get('/api/call-sessions/call:call_1/history');
  expect([status, body]).toEqual([200, { items: [item], nextCursor: item.position }]);
  documented(HistoryItem, body.items[0]);
  const last = await get(`/api/call-sessions/other/history?limit=7&cursor=${body.nextCursor}`);
  expect(last.body.nextCursor).toBeNull();
  expect((await get('/api/call-sessions/other/history?limit=201')).status).toBe(400);
  expect(asked).toEqual([
    { tenantId: 'acme', sessionId: 'analysed', callIds: ['call_1', 'call_2'], after: -1n, limit: 200 },
    { tenantId: 'acme', sessionId: 'other', callIds: ['call_3'], after: BigInt(item.position), limit: 7 },
  ]);
});

test('the history of an appointment and of a ticket is asked for with its id and the tenant, and only where there is one', async () => {
  const asked: unknown[] = [];
  const history = (kind: string) => async (of: object, page: object) => {
    asked.push([kind, { ...of, ...page }]);
    return { items: [], hasMore: false };
  };
  const { get } = queryApi(readModel.db, { appointment: history('appointment'), ticket: history('ticket') });
  await readModel.appointments({ id: 'a/1' });
  await readModel.tickets({ id: 'tkt_call_1', call_id: 'call_1' });
  expect((await get('/api/appointments/a%2F1/history')).body).toEqual({ items: [], nextCursor: null });
  expect((await get('/api/tickets/tkt_call_1/history?limit=7&cursor=12')).status).toBe(200);
  for (const path of ['/api/appointments/a/history', '/api/tickets/tkt_call_2/history'])
    expect((await get(path)).status).toBe(404);
  expect((await get('/api/tickets/tkt_call_1/history?cursor=x')).status).toBe(400);
  expect(asked).toEqual([
    ['appointment', { tenantId: 'acme', id: 'a/1', after: -1n, limit: 200 }],
    ['ticket', { tenantId: 'acme', id: 'tkt_call_1', callId: 'call_1', after: 12n, limit: 7 }],
  ]);
});
