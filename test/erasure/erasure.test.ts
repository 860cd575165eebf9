import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/service.ts';
import { aCall, CANARY, NUMBER, OTHER, personalPaths, type Scene, startScene } from './scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
}, 60_000);
afterAll(() => scene.stop());

const inbound = { endpoint: 'retell-inbound-ticket' };
const canaries = [CANARY, NUMBER, NUMBER.slice(1), '030 123456'];
const found = (text: string) => canaries.filter((canary) => text.includes(canary));

describe('a person', () => {
  let before: Record<string, unknown>;
  let erasure: Record<string, unknown>;

  beforeAll(async () => {
    await scene.call('call_1', {}, inbound);
    await scene.call('call_2', { direction: 'outbound', from_number: OTHER, to_number: NUMBER });
    await scene.call('call_else', { from_number: '+33123456789', metadata: {} }, { ...inbound, name: 'Jemand' });
    expect(
      await scene.deliver('call_inbound', {
        raw: JSON.stringify({ event: 'call_inbound', call_inbound: { from_number: NUMBER } }),
      }),
    ).toBe(200);
    await scene.api('PUT', '/api/appointments/apt_call_1', { note: `${CANARY} phoned` });
    await scene.api('POST', '/api/tickets/tkt_call_1/status', { status: 'resolved', note: `for ${CANARY}` });
    before = await scene.shown(
      '/api/call-sessions/call:call_1',
      ({ transcript, status }) => !!transcript && status === 'rescheduled',
    );
    await scene.shown('/api/call-sessions/call:call_2', ({ status }) => status === 'rescheduled');
    await scene.settled();
    erasure = await scene.erase({ phone: '+49 30 123456', reason: 'case 4711' });
    await scene.settled();
  }, 60_000);

  test('is counted, and never named', () => {
    expect(erasure).toMatchObject({
      state: 'done',
      calls: 2,
      erased: 2,
      quarantined: 1,
      reason: 'case 4711',
      by: 'admin',
    });
    expect(found(JSON.stringify(erasure))).toEqual([]);
  });

  test('is in no answer any more, also not of before', async () => {
    const at = new Date(Date.parse(before.createdAt as string) + 1).toISOString();
    for (const callId of ['call_1', 'call_2'])
      for (const path of [...personalPaths(callId), `/api/call-sessions/call:${callId}?at=${at}`]) {
        const { text } = await scene.get(path);
        expect(found(text), `${path} ${text}`).toEqual([]);
      }
    for (const path of ['/api/quarantine?released=all', '/api/erasures', '/api/audit', '/api/export?evidence=true'])
      expect(found((await scene.admin('GET', path)).text), path).toEqual([]);
    expect(scene.service.logs.filter((line) => found(line).length > 0)).toEqual([]);
  });

  test('leaves outcome, times and ids', async () => {
    const { body } = await scene.get('/api/call-sessions/call:call_1');
    const { status, statusReason, startedAt, endedAt, durationMs, agentId, contactId, appointmentId, createdAt } =
      before;
    const kept = { status, statusReason, startedAt, endedAt, durationMs, agentId, contactId, appointmentId, createdAt };
    expect(body).toMatchObject({ ...kept, erased: true, direction: 'inbound', lastEventAt: before.lastEventAt });
    for (const gone of [
      'fromNumber',
      'toNumber',
      'customerPhone',
      'agentName',
      'transcript',
      'recordingUrl',
      'analysis',
    ])
      expect(body, gone).not.toHaveProperty(gone);
    const ticket = (await scene.get('/api/tickets/tkt_call_1')).body;
    expect(ticket).toMatchObject({ erased: true, status: 'resolved', setBy: 'staff', actionRequired: true });
    expect(ticket).not.toHaveProperty('customerId');
    const appointment = (await scene.get('/api/appointments/apt_call_1')).body;
    expect(appointment).toMatchObject({ erased: true, status: 'rescheduled', notes: [] });
    expect(appointment).toMatchObject({ startsAt: '2026-12-24T09:00:00.000Z', needsReview: false });
  });

  test('has no customer any more, and others keep theirs', async () => {
    const { body } = await scene.get('/api/customers');
    expect(body.items.map(({ phone }: { phone: string }) => phone)).toEqual(['+33123456789']);
    expect((await scene.get('/api/call-sessions/call:call_else')).body).toMatchObject({ fromNumber: '+33123456789' });
  });

  test('is erased in each fact of the history, which says by whom and why', async () => {
    const { items } = (await scene.get('/api/call-sessions/call:call_1/history')).body;
    expect(items.map(({ type }: { type: string }) => type)).toEqual([
      'CallStarted',
      'CallEnded',
      'CallAnalyzed',
      'CallErased',
    ]);
    for (const item of items)
      expect(item).toMatchObject({ erased: true, erasure: { id: erasure.id, by: 'admin', reason: 'case 4711' } });
    expect(items.map(({ evidence }: { evidence: string }) => evidence)).toEqual(['erased', 'erased', 'erased', 'none']);
  });

  test('gets no mail, and none can be looked at', async () => {
    expect((await scene.get('/api/tickets/tkt_call_1')).body).toMatchObject({ mail: 'not_sent' });
    const mail = '/api/tenants/default/tickets/tkt_call_1/mail';
    expect((await scene.admin('GET', mail)).status).toBe(410);
    expect((await scene.admin('POST', `${mail}/redrive`)).body).toEqual({ outcome: 'nothing_to_send' });
  });

  test('does not come back with what comes late or again, though an outcome may rise', async () => {
    await scene.call('call_1', {}, inbound); // redelivered
    const late = aCall('call_1', {
      call_analysis: { custom_analysis_data: { appointment_confirmed: true, likes: CANARY } },
    });
    expect(await scene.deliver('call_analyzed', late, inbound)).toBe(204);
    expect(await scene.deliver('call_new', { ...late, extra: CANARY }, inbound)).toBe(204);
    const session = await scene.shown('/api/call-sessions/call:call_1', ({ status }) => status === 'confirmed');
    await scene.settled();
    expect(found(JSON.stringify(session))).toEqual([]);
    const { text, body } = await scene.get('/api/call-sessions/call:call_1/history');
    expect(found(text)).toEqual([]);
    expect(body.items).toHaveLength(6);
    expect(body.items.every(({ erased }: { erased: boolean }) => erased)).toBe(true);
    expect(found((await scene.admin('GET', '/api/export?evidence=true')).text)).toEqual([]);
    expect((await scene.get('/api/customers')).body.items).toHaveLength(1);
  });

  test('asked for again is done with nothing left, under another id', async () => {
    const again = await scene.erase({ phone: NUMBER });
    expect(again).toMatchObject({ state: 'done', calls: 0, erased: 0 });
    expect(again.id).not.toBe(erasure.id);
  });

  test('stays away through a rebuild, and what was replaced', async () => {
    const request = async (path: string) => {
      const { status, body } = await scene.admin('POST', `/api/projections/calls/${path}`);
      if (status === 409) return body.code === 'nothing_to_swap_back'; // else another is under way
      await eventually(async () => {
        const { state } = (await scene.admin('GET', `/api/operations/${body.operationId}`)).body;
        return state === 'succeeded' || state === 'failed';
      });
      return true;
    };
    const before = (await scene.get('/api/call-sessions/call:call_1')).body;
    for (const path of ['rebuild', 'swap-back']) {
      await eventually(() => request(path), { within: 60_000, every: 100 });
      await scene.settled();
      for (const callId of ['call_1', 'call_2'])
        for (const shown of personalPaths(callId)) expect(found((await scene.get(shown)).text), shown).toEqual([]);
      expect((await scene.get('/api/call-sessions/call:call_1')).body, path).toEqual(before);
    }
  }, 150_000);
});

describe('what is asked for', () => {
  test.each([
    [{ tenantId: 'default' }, 400],
    [{ tenantId: 'default', phone: NUMBER, callId: 'call_1' }, 400],
    [{ tenantId: 'default', phone: '12' }, 400],
    [{ tenantId: 'default', phone: NUMBER, reason: `for ${NUMBER}` }, 400],
    [{ tenantId: 'nobody', phone: NUMBER }, 404],
    [{ tenantId: 'default', callId: 'call_unknown' }, 404],
    [{ tenantId: 'default', callSessionId: 'cs_unknown' }, 404],
    [{ tenantId: 'default', customerId: 'cus_unknown' }, 404],
  ])('%j is answered %i', async (wish, status) => {
    expect((await scene.admin('POST', '/api/erasures', wish)).status).toBe(status);
  });

  test('a number that nobody has is done', async () => {
    expect(await scene.erase({ phone: '+4930999999' })).toMatchObject({ state: 'done', calls: 0, erased: 0 });
  });

  test('the same under one key is one erasure, and another body is refused', async () => {
    const key = { 'idempotency-key': 'once' };
    const wish = { tenantId: 'default', phone: '+4930888888' };
    const [one, same] = [
      await scene.admin('POST', '/api/erasures', wish, key),
      await scene.admin('POST', '/api/erasures', wish, key),
    ];
    expect([one.status, same.status, same.body.id]).toEqual([202, 202, one.body.id]);
    expect((await scene.admin('POST', '/api/erasures', { ...wish, phone: '+4930777777' }, key)).status).toBe(409);
  });

  test('no key of a tenant may ask, and no admin key without the scope', async () => {
    expect((await scene.api('POST', '/api/erasures', { tenantId: 'default', phone: NUMBER })).status).toBe(401);
    const issued = await scene.admin('POST', '/api/admin-keys', { name: 'reader', scopes: ['personal'] });
    expect((await scene.get('/api/erasures', issued.body.key)).status).toBe(403);
    const eraser = await scene.admin('POST', '/api/admin-keys', { name: 'eraser', scopes: ['erasure'] });
    expect((await scene.get('/api/erasures', eraser.body.key)).status).toBe(200);
  });

  test('twice at once is one erasure of each fact', async () => {
    await scene.call('call_twice', { from_number: '+4930222222' }, inbound);
    await scene.shown('/api/call-sessions/call:call_twice', ({ transcript }) => transcript !== undefined);
    const [one, other] = await Promise.all([
      scene.erase({ phone: '+4930222222' }),
      scene.erase({ callId: 'call_twice' }),
    ]);
    expect([one, other]).toMatchObject([{ state: 'done' }, { state: 'done' }]);
    expect(one.id).not.toBe(other.id);
    await scene.settled();
    const { items } = (await scene.get('/api/call-sessions/call:call_twice/history')).body;
    expect(items.map(({ type }: { type: string }) => type)).toEqual([
      'CallStarted',
      'CallEnded',
      'CallAnalyzed',
      'CallErased',
    ]);
  });

  test('by customer, by call and by session', async () => {
    await scene.call('call_c', { from_number: '+4930555555' }, inbound);
    const [customer] = (
      await scene.shown('/api/customers?phone=%2B4930555555', ({ items }) => (items as unknown[]).length === 1)
    ).items as { id: string }[];
    expect(await scene.erase({ customerId: customer!.id })).toMatchObject({ calls: 1, erased: 1 });
    await scene.call('call_d', { from_number: '+4930444444', metadata: { call_session_id: 'cs_d' } });
    await scene.call('call_e', { from_number: '+4930444445', metadata: { call_session_id: 'cs_d' } });
    await scene.shown('/api/call-sessions/cs_d', ({ retellCallIds }) => (retellCallIds as unknown[]).length === 2);
    await scene.settled();
    const asked = await scene.erase({ callId: 'call_e', deleteAtRetell: true });
    expect(asked).toMatchObject({ calls: 1, erased: 1, deletedAtRetell: 0, notDeletedAtRetell: { no_key: 1 } });
    await scene.settled();
    const half = (await scene.get('/api/call-sessions/cs_d')).body;
    expect(half).toMatchObject({ fromNumber: '+4930444444' });
    expect(half).not.toHaveProperty('erased');
    expect(await scene.erase({ callSessionId: 'cs_d' })).toMatchObject({ calls: 2, erased: 2 });
    await scene.settled();
    expect((await scene.get('/api/call-sessions/cs_d')).body).toMatchObject({ erased: true });
  });
});
