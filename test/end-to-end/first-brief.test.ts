import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Client, clientOf } from '../support/client.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { about, sample } from '../support/samples.ts';
import { dataDirectory, type RunningService, sign, startService } from '../support/service.ts';

// The five cases of the first brief's test plan (A16), over the real door, the real log and a real Postgres.

let service: RunningService;
let client: Client;
const cleanUp: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const database = await createTestDatabase(inject('postgresUrl'));
  const directory = await dataDirectory();
  service = await startService({ DATA_DIR: directory.path, DATABASE_URL: database.url });
  client = await clientOf(service);
  cleanUp.push(() => service.stop(), database.drop, directory.remove);
});
afterAll(async () => {
  for (const step of cleanUp) await step();
});

const ids = (name: string) => ({ call: `call_${name}`, session: `cs_${name}`, appointment: `apt_${name}` });
const sessionOf = (name: string) => `/api/call-sessions/cs_${name}`;
const historyOf = async (name: string) =>
  (await client.get(`${sessionOf(name)}/history`)).body.items as { type: string; evidence: string }[];

test('happy path: a confirmed call confirms its session and its appointment', async () => {
  for (const number of ['01', '02', '03']) expect(await client.post(about(sample(number), ids('happy')))).toBe(204);

  const session = await client.see(sessionOf('happy'), ({ status }) => status === 'confirmed');
  expect(session).toMatchObject({
    id: 'cs_happy',
    tenantId: 'default',
    appointmentId: 'apt_happy',
    contactId: 'con_321',
    retellCallId: 'call_happy',
    retellCallIds: ['call_happy'],
    direction: 'outbound',
    statusReason: 'appointment_confirmed',
    toNumber: '+447700900123',
    startedAt: '2026-11-02T10:00:00.000Z',
    durationMs: 20_000,
    disconnectionReason: 'user_hangup',
    transferred: false,
    archived: false,
    lastEventAt: '2026-11-02T10:00:24.200Z',
    analysis: { sentiment: 'Positive', successful: true, inVoicemail: false },
  });
  expect(await client.see('/api/appointments/apt_happy', ({ status }) => status === 'confirmed')).toMatchObject({
    decidedByCallId: 'call_happy',
    needsReview: false,
  });
  expect(await historyOf('happy')).toMatchObject([
    { type: 'CallStarted', evidence: 'verified', source: 'webhook' },
    { type: 'CallEnded', evidence: 'verified' },
    { type: 'CallAnalyzed', evidence: 'verified' },
  ]);
});

test('out of order: the end that comes after the analysis takes nothing away', async () => {
  for (const number of ['03', '02', '01']) expect(await client.post(about(sample(number), ids('late')))).toBe(204);
  const session = await client.see(sessionOf('late'), ({ revision }) => revision === 3);
  expect(session).toMatchObject({ status: 'confirmed', statusReason: 'appointment_confirmed' });
});

test('duplicate: the same analysis twice, and once more with a new event_timestamp, is one fact', async () => {
  const analyzed = about(sample('03'), ids('twice'));
  for (const webhook of [analyzed, analyzed, { ...analyzed, event_timestamp: analyzed.event_timestamp! + 300 }])
    expect(await client.post(webhook)).toBe(204);
  expect(await client.see(sessionOf('twice'))).toMatchObject({ status: 'confirmed', revision: 1 });
  expect(await historyOf('twice')).toHaveLength(1);
});

test('an analysis with other content is a second fact, and takes nothing away', async () => {
  const analyzed = about(sample('03'), ids('rerun'));
  const undecided = structuredClone(analyzed);
  (undecided.call.call_analysis as { custom_analysis_data: object }).custom_analysis_data = {};
  for (const webhook of [analyzed, undecided]) expect(await client.post(webhook)).toBe(204);
  expect(await client.see(sessionOf('rerun'), ({ revision }) => revision === 2)).toMatchObject({ status: 'confirmed' });
  expect(await client.see('/api/appointments/apt_rerun')).toMatchObject({ status: 'confirmed' });
});

test('bad signature: a tampered body is refused with a reason, and nothing of it is recorded', async () => {
  const body = JSON.stringify(about(sample('03'), ids('tampered')));
  const response = await fetch(`${service.url}/api/webhooks/retell`, {
    method: 'POST',
    headers: { 'x-retell-signature': sign(body, client.keys.webhook) },
    body: body.replace('"appointment_confirmed":true', '"appointment_confirmed":1'),
  });
  expect(response.status).toBe(401);
  expect(await response.json()).toMatchObject({ code: 'sig_mismatch', status: 401 });

  expect(await client.post(about(sample('03'), ids('untouched')))).toBe(204);
  await client.see(sessionOf('untouched'));
  expect((await client.get(sessionOf('tampered'))).status).toBe(404);
});

describe('missing metadata', () => {
  test('without an appointment_id the session alone is updated, and the log says so', async () => {
    const { metadata, ...call } = sample('56').call;
    const webhook = {
      ...sample('56'),
      call: { ...call, call_id: 'call_no_apt', metadata: { call_session_id: 'cs_no_apt' } },
    };
    expect(await client.post(webhook)).toBe(204);
    const session = await client.see(sessionOf('no_apt'));
    expect(session).toMatchObject({ status: 'confirmed' });
    expect(session).not.toHaveProperty('appointmentId');
    expect(service.logs.filter((line) => line.includes('call_no_apt')).join()).toContain('"no_appointment_id"');
  });

  test('without any metadata the session is found under its call', async () => {
    const webhook = sample('55');
    expect(await client.post(webhook)).toBe(204);
    expect(await client.see(`/api/call-sessions/call:${webhook.call.call_id}`)).toMatchObject({
      id: `call:${webhook.call.call_id}`,
      status: 'confirmed',
    });
  });

  test('a session id that becomes known late: one session under its final id, and the old address still answers', async () => {
    const { metadata: _, ...call } = sample('02').call;
    const ended = { ...sample('02'), call: { ...call, call_id: 'call_turned_up' } };
    expect(await client.post(ended)).toBe(204);
    await client.see('/api/call-sessions/call:call_turned_up', ({ id }) => id === 'call:call_turned_up');
    expect(await client.post(about(sample('03'), ids('turned_up')))).toBe(204);
    const session = await client.see(sessionOf('turned_up'), ({ revision }) => revision === 2);
    expect(await client.see('/api/call-sessions/call:call_turned_up')).toEqual(session);
    const { body } = await client.get('/api/call-sessions?limit=200&fields=transcript');
    const { items } = body as { items: { retellCallId: string }[] };
    expect(items.filter((item) => item.retellCallId === 'call_turned_up')).toEqual([session]);
  });
});

test('a person can ask what was delivered for a call, and nothing in the logs names a person', async () => {
  await expect.poll(async () => (await client.get(`${sessionOf('happy')}/deliveries`)).body.items).toHaveLength(3);
  const logs = service.logs.join('\n');
  for (const personal of ['+447700900123', 'Alex', 'Agent:', client.keys.webhook, client.keys.api, client.keys.admin])
    expect(logs).not.toContain(personal);
});
