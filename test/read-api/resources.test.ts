import { beforeEach, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { Appointment, CallSession } from '../../src/http/resources.ts';
import { queryApi } from './callers.ts';
import { analysedCall, at, readModelOfFile } from './read-model.ts';

const readModel = await readModelOfFile();
const { get } = queryApi(readModel.db);
beforeEach(() => readModel.clear());

/** What was answered is what is documented, and nothing more. */
const documented = (schema: z.ZodType, value: unknown) => expect(schema.parse(value)).toEqual(value);

describe('a call session', () => {
  test('tells everything that is known', async () => {
    await readModel.sessions(analysedCall);
    const { status, body } = await get('/api/call-sessions/analysed');
    expect(status).toBe(200);
    documented(CallSession, body);
    expect(body).toEqual({
      id: 'analysed',
      tenantId: 'acme',
      appointmentId: 'appointment-1',
      contactId: 'contact-1',
      retellCallId: 'call_2',
      retellCallIds: ['call_1', 'call_2'],
      matchedByPhoneNumber: ['call_1'],
      createdAt: '2026-03-01T10:00:00.000Z',
      tenantMismatch: true,
      direction: 'outbound',
      status: 'confirmed',
      statusReason: 'appointment_confirmed',
      agentId: 'agent_1',
      agentName: 'Ada',
      fromNumber: '+4930111',
      toNumber: '+4930222',
      customerPhone: '+4930222',
      startedAt: '2026-03-01T10:00:01.500Z',
      endedAt: '2026-03-01T10:01:01.500Z',
      durationMs: 60_000,
      disconnectionReason: 'user_hangup',
      transferred: true,
      analysis: {
        summary: 'Confirmed.',
        sentiment: 'Positive',
        successful: true,
        inVoicemail: false,
        custom: { n: 1.5, deep: { list: [null] } },
      },
      transcript: 'Agent: Hallo. User: Ja.',
      recordingUrl: 'https://example.com/recording.wav',
      archived: false,
      requestedAt: '2026-03-01T09:59:00.000Z',
      lastEventAt: '2026-03-01T10:02:00.000Z',
      revision: 4,
    });
  });

  test('leaves out what is not known', async () => {
    await readModel.sessions({ id: 'requested' });
    const { body } = await get('/api/call-sessions/requested');
    documented(CallSession, body);
    expect(body).toEqual({
      id: 'requested',
      tenantId: 'acme',
      retellCallIds: [],
      createdAt: '2026-03-01T10:00:00.000Z',
      status: 'pending',
      statusReason: 'in_progress',
      transferred: false,
      archived: false,
      lastEventAt: '2026-03-01T10:00:00.000Z',
      revision: 1,
    });
  });

  test('looks the same in the list, but for its transcript, which has to be asked for', async () => {
    await readModel.sessions(analysedCall);
    const [list, single] = [await get('/api/call-sessions'), await get('/api/call-sessions/analysed')];
    const { transcript, ...rest } = single.body;
    expect(transcript).toBeDefined();
    expect(list.body.items).toEqual([rest]);
    expect((await get('/api/call-sessions?fields=transcript')).body.items).toEqual([single.body]);
  });

  test('is found by any of its calls, whatever its own id', async () => {
    await readModel.sessions(analysedCall, { id: 'call:alone', retell_call_ids: ['alone'] });
    for (const id of ['call:call_1', 'call:call_2', 'call_1', 'call_2'])
      expect((await get(`/api/call-sessions/${id}`)).body.id).toBe('analysed');
    expect((await get('/api/call-sessions/call:alone')).body.id).toBe('call:alone');
    expect((await get('/api/call-sessions/alone')).body.id).toBe('call:alone');
  });

  test('whose own id looks like a call is that one', async () => {
    await readModel.sessions({ id: 'call:call_1' }, { id: 'call_2' }, { ...analysedCall, id: 'other' });
    expect((await get('/api/call-sessions/call:call_1')).body.id).toBe('call:call_1');
    expect((await get('/api/call-sessions/call_2')).body.id).toBe('call_2');
  });

  test.each([
    'a/b',
    '/',
    'a/history',
    '%2F',
    '100%',
    'a b+c',
    '?at=1#x',
    'ü — 電話 📞',
    `'; drop table call_sessions; --`,
    'history',
    'x'.repeat(512),
    'a\\b"c',
  ])('may be called %s', async (id) => {
    await readModel.sessions({ id }, { id: 'decoy' }, { id: `call:${id}x`, retell_call_ids: [id] });
    const path = `/api/call-sessions/${encodeURIComponent(id)}`;
    expect((await get(path)).body.id).toBe(id);
    expect((await get(`/api/call-sessions/call:${encodeURIComponent(id)}`)).body.id).toBe(`call:${id}x`);
    expect((await get(`${path}/deliveries`)).status).toBe(200);
  });

  test.each(['nobody', 'call:nobody', 'call:', '%00', 'call:%00', '%E4', '%', '%25zz', 'x'.repeat(5000)])(
    'called %s is not found, and that is all',
    async (id) => {
      await readModel.sessions({ id: 'somebody', retell_call_ids: ['call_1'] });
      for (const rest of ['', '/history', '/deliveries']) {
        const { status, body } = await get(`/api/call-sessions/${id}${rest}`);
        expect([status, body.code]).toEqual([404, 'not_found']);
      }
    },
  );

  test('has no parameter but the time, and says so', async () => {
    await readModel.sessions({ id: 'a' });
    const { status, body } = await get('/api/call-sessions/a?before=2026-03-01T10:00:00Z');
    expect([status, body.errors]).toEqual([400, [{ path: 'before', message: 'is not a parameter of this resource' }]]);
  });
});

describe('what a session is expanded with', () => {
  const customer = { phone: '+4930222', raw_phones: [], name: null, calls: 1, created_at: at('10:00:00') };
  const seen = { tenant_id: 'acme', first_seen_at: at('10:00:00'), last_seen_at: at('10:00:00.123') };

  test('is what the other resources show, as far as it was asked for', async () => {
    await readModel.sessions({ ...analysedCall, ticket_id: 'tkt_call_1' });
    await readModel.appointments({ id: 'appointment-1', notes_json: [{ text: 'a', at: '2026-03-01T10:00:00.000Z' }] });
    await readModel.tickets({ id: 'tkt_call_1', customer_id: 'cus_1' });
    await readModel.writer
      .insertInto('customers')
      .values([
        { ...seen, ...customer, id: 'cus_1', phone: '+4930333' },
        { ...seen, ...customer, id: 'cus_2' },
      ])
      .execute();
    const session = (await get('/api/call-sessions/analysed')).body;
    const [appointment, ticket, ofTicket, ofNumber] = await Promise.all(
      ['appointments/appointment-1', 'tickets/tkt_call_1', 'customers/cus_1', 'customers/cus_2'].map(
        async (path) => (await get(`/api/${path}`)).body,
      ),
    );
    const expanded = async (expand: string) => (await get(`/api/call-sessions/call_1?expand=${expand}`)).body;
    expect(await expanded('appointment,ticket,customer,ticket')).toEqual({
      ...session,
      appointment,
      ticket,
      customer: ofTicket,
    });
    expect(await expanded('ticket')).toEqual({ ...session, ticket });
    await readModel.writer.updateTable('tickets').set({ customer_id: null }).execute();
    expect(await expanded('customer')).toEqual({ ...session, customer: ofNumber });
    await readModel.writer.deleteFrom('customers').execute();
    expect(await expanded('customer')).toEqual(session);
    expect((await get('/api/call-sessions/analysed?expand=tickets')).status).toBe(400);
  });

  test("is never another tenant's", async () => {
    await readModel.sessions({ ...analysedCall, ticket_id: 'tkt_call_1' });
    await readModel.appointments({ id: 'appointment-1', tenant_id: 'other' });
    await readModel.tickets({ id: 'tkt_call_1', tenant_id: 'other' });
    await readModel.writer
      .insertInto('customers')
      .values({ ...seen, ...customer, id: 'cus_2', tenant_id: 'other' })
      .execute();
    const { body } = await get('/api/call-sessions/analysed?expand=appointment,ticket,customer');
    expect(body).toEqual((await get('/api/call-sessions/analysed')).body);
    await readModel.writer.deleteFrom('customers').execute();
  });
});

describe('an appointment', () => {
  test('tells everything that is known', async () => {
    await readModel.appointments({
      id: 'a/1',
      status: 'cancelled',
      starts_at: at('12:00:00'),
      reschedule_text: 'next week',
      cancellation_reason: 'ill',
      needs_review: true,
      decided_by_call_id: 'call_1',
      notes_json: [{ text: 'called back', at: '2026-03-01T10:00:00.000Z' }],
    });
    const { body } = await get('/api/appointments/a%2F1');
    documented(Appointment, body);
    expect(body).toEqual({
      id: 'a/1',
      tenantId: 'acme',
      status: 'cancelled',
      startsAt: '2026-03-01T12:00:00.000Z',
      rescheduleText: 'next week',
      cancellationReason: 'ill',
      needsReview: true,
      decidedByCallId: 'call_1',
      notes: [{ text: 'called back', at: '2026-03-01T10:00:00.000Z' }],
      lastEventAt: '2026-03-01T10:00:00.000Z',
    });
    expect((await get('/api/appointments')).body.items).toEqual([body]);
  });

  test('leaves out what is not known', async () => {
    await readModel.appointments({ id: 'new' });
    const { body } = await get('/api/appointments/new');
    expect(body).toEqual({
      id: 'new',
      tenantId: 'acme',
      status: 'scheduled',
      needsReview: false,
      notes: [],
      lastEventAt: '2026-03-01T10:00:00.000Z',
    });
  });

  test.each(['nobody', '%00', '%E4'])('called %s is not found', async (id) => {
    expect((await get(`/api/appointments/${id}`)).status).toBe(404);
  });
});

describe('an ETag', () => {
  const path = '/api/call-sessions/analysed';

  test('spares the second transfer', async () => {
    await readModel.sessions(analysedCall);
    const tag = (await get(path)).headers.get('etag')!;
    expect(tag).toMatch(/^"[0-9a-f]{40}"$/);
    for (const known of [tag, `W/${tag}`, `"x", ${tag}`, '*']) {
      const again = await get(path, 'acme-reads', { 'if-none-match': known });
      expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', tag]);
    }
    expect((await get(path, 'acme-reads', { 'if-none-match': '"other"' })).status).toBe(200);
  });

  test('changes with the content and only with it', async () => {
    await readModel.sessions(analysedCall);
    const tag = (await get(path)).headers.get('etag')!;
    // As a rebuild does: the same row, written again.
    await readModel.clear();
    await readModel.sessions(analysedCall);
    expect((await get(path)).headers.get('etag')).toBe(tag);
    await readModel.writer.updateTable('call_sessions').set({ revision: 5 }).execute();
    const changed = await get(path, 'acme-reads', { 'if-none-match': tag });
    expect(changed.status).toBe(200);
    expect(changed.headers.get('etag')).not.toBe(tag);
  });

  test('comes with the order not to share', async () => {
    await readModel.sessions(analysedCall);
    const { headers } = await get(path);
    expect([headers.get('cache-control'), headers.get('vary')]).toEqual(['private, no-cache', 'Authorization']);
    expect(
      (await get('/api/call-sessions/nobody', 'acme-reads', { 'if-none-match': '*' })).status,
      'an error has none',
    ).toBe(404);
  });
});
