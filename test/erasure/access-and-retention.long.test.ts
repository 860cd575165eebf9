import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/service.ts';
import { aCall, CANARY, NUMBER, type Scene, startScene } from './scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene({ RETENTION_EVERY_MINUTES: '1' });
}, 60_000);
afterAll(() => scene.stop());

const inbound = { endpoint: 'retell-inbound-ticket' };
const personOf = async (phone: string, tenant = 'default') =>
  scene.admin('GET', `/api/tenants/${tenant}/people?phone=${encodeURIComponent(phone)}`);

describe('what is kept of a person', () => {
  beforeAll(async () => {
    await scene.admin('PUT', '/api/tenants/acme', {});
    await scene.admin('POST', '/api/tenants/acme/webhook-keys', { key: 'a-webhook-key-of-acme' });
    await scene.call('call_1', { metadata: { call_session_id: 'cs_1', appointment_id: 'apt_1' } }, inbound);
    const stranger = { from_number: '+4930777777', metadata: { call_session_id: 'cs_1' } };
    await scene.call('call_2', stranger, { ...inbound, name: 'Fremder' });
    await scene.call('call_1', {}, { ...inbound, key: 'a-webhook-key-of-acme', path: '/t/acme' });
    await scene.shown('/api/call-sessions/cs_1', ({ retellCallIds }) => (retellCallIds as unknown[]).length === 2);
    await scene.settled();
  }, 60_000);

  test('is one document, without what is of others', async () => {
    const { status, body, text } = await personOf(NUMBER);
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual([
      'tenantId',
      'phone',
      'sessions',
      'appointments',
      'tickets',
      'mails',
      'evidence',
    ]);
    expect(body.sessions).toMatchObject([
      { id: 'cs_1', fromNumber: NUMBER, transcript: expect.stringContaining(CANARY) },
    ]);
    expect(body.appointments).toMatchObject([{ id: 'apt_1', status: 'rescheduled' }]);
    expect(body.tickets).toMatchObject([{ id: 'tkt_call_1' }]);
    expect(body.mails).toMatchObject([{ ticketId: 'tkt_call_1', subject: expect.any(String) }]);
    expect(body.evidence).toHaveLength(3);
    expect(body.evidence[0].body).toContain(NUMBER);
    expect(text).not.toContain('Fremder');
  });

  test('is empty arrays of a number that nobody has, and nothing of no number', async () => {
    expect((await personOf('+4930999999')).body).toEqual({
      ...{ tenantId: 'default', phone: '+4930999999' },
      ...{ sessions: [], appointments: [], tickets: [], mails: [], evidence: [] },
    });
    expect((await personOf('12')).status).toBe(400);
    expect((await personOf(NUMBER, 'nobody')).status).toBe(404);
  });

  test('is a ZIP too, with the links to recordings', async () => {
    const key = await scene.service.key('ADMIN_KEY');
    const url = new URL(
      `/api/tenants/default/people?phone=${encodeURIComponent(NUMBER)}&format=zip`,
      scene.service.url,
    );
    const response = await fetch(url, { headers: { authorization: `Bearer ${key}` } });
    const files = unzipSync(new Uint8Array(await response.arrayBuffer()));
    const text = (name: string) => Buffer.from(files[name]!).toString();
    expect(JSON.parse(text('person.json')).sessions).toHaveLength(1);
    expect(text('recordings.txt')).toBe(`https://recordings.example/${CANARY}.wav\n`);
  });

  test('of one tenant is erased without the other, and another caller of the session keeps what is theirs', async () => {
    expect(await scene.erase({ phone: NUMBER })).toMatchObject({ calls: 1, erased: 1 });
    await scene.settled();
    expect((await personOf(NUMBER)).body).toMatchObject({ sessions: [], tickets: [], evidence: [] });
    expect((await personOf(NUMBER, 'acme')).body.sessions).toHaveLength(1);
    const { body, text } = await scene.get('/api/call-sessions/cs_1');
    expect(body).toMatchObject({ fromNumber: '+4930777777', transcript: expect.stringContaining('Fremder') });
    expect(text).not.toContain(CANARY);
    expect(await scene.erase({ tenantId: 'acme', phone: NUMBER })).toMatchObject({ calls: 1, erased: 1 });
  });
});

describe('retention', () => {
  const DAY = 86_400_000;
  const ended = (daysAgo: number, more: object = {}) => {
    const at = Date.now() - daysAgo * DAY;
    return { from_number: '+4930666666', start_timestamp: at - 60_000, end_timestamp: at, metadata: {}, ...more };
  };

  test('erases what is due, and that alone; evidence by a time of its own', async () => {
    await scene.call('call_old', ended(40), inbound);
    await scene.call('call_late', ended(20), inbound);
    await scene.call('call_new', ended(2), inbound);
    await scene.shown('/api/call-sessions/call:call_new', ({ transcript }) => transcript !== undefined);
    await scene.settled();
    const patched = await scene.admin('PATCH', '/api/tenants/default', {
      retention: { personalDays: 30, evidenceDays: 15 },
    });
    expect(patched.body).toMatchObject({ retention: { personalDays: 30, evidenceDays: 15 } });
    // It is looked at every minute.
    await scene.shown('/api/call-sessions/call:call_old', ({ erased }) => erased === true, 150_000);
    const verdicts = async (callId: string) => {
      const { body } = await scene.get(`/api/call-sessions/call:${callId}/history`);
      return body.items.map(({ evidence }: { evidence: string }) => evidence);
    };
    await eventually(async () => (await verdicts('call_late')).every((verdict: string) => verdict === 'expired'));
    expect((await scene.get('/api/call-sessions/call:call_late')).body).toMatchObject({ fromNumber: '+4930666666' });
    expect(await verdicts('call_new')).toEqual(['verified', 'verified', 'verified']);
    const { items } = (await scene.admin('GET', '/api/erasures')).body;
    const byRetention = items.filter(({ by }: { by: string }) => by === 'retention');
    expect(byRetention.length).toBe(2);
    expect(byRetention[0]).toMatchObject({ reason: 'retention', state: 'done', calls: 1, erased: 1 });
    const history = (await scene.get('/api/call-sessions/call:call_old/history')).body.items;
    expect(history[0]).toMatchObject({ erased: true, erasure: { by: 'retention' }, evidence: 'erased' });
    // What comes late keeps no bytes either.
    expect(await scene.deliver('call_new_word', aCall('call_late', ended(20, { agent_name: 'x' })))).toBe(204);
    await eventually(async () => (await verdicts('call_late')).length === 4);
    expect((await verdicts('call_late')).every((verdict: string) => verdict === 'expired')).toBe(true);
  }, 300_000);
});
