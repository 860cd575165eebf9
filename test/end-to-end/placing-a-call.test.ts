import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type Retell, startRetell } from '../../src/retell-emulator/start.ts';
import { type Client, clientOf } from '../support/client.ts';
import { freePort } from '../support/free-port.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { reconciling } from '../support/reconciling.ts';
import { dataDirectory, eventually } from '../support/service.ts';
import { startServiceHere } from '../support/service-here.ts';

// The first brief's whole flow: placed through us, played by Retell, reported by webhooks, read through the API (A1).

const KEY = 'key_of_the_emulator';
let retell: Retell;
let client: Client;
const cleanUp: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const database = await createTestDatabase(inject('postgresUrl'));
  const directory = await dataDirectory();
  // Retell has to know where we listen before we do, and we where it does.
  const port = await freePort();
  const isLost = (call: { metadata?: unknown }) => JSON.stringify(call.metadata ?? {}).includes('cs_lost');
  retell = await startRetell({
    apiKey: KEY,
    webhooks: {
      url: `http://127.0.0.1:${port}/api/webhooks/retell`,
      key: KEY,
      fate: ({ call }) => ({ lost: isLost(call) }),
    },
  });
  const service = await startServiceHere({
    DATA_DIR: directory.path,
    DATABASE_URL: database.url,
    PORT: String(port),
    RETELL_API_KEY: KEY,
    RETELL_WEBHOOK_SECRET: KEY,
    RETELL_BASE_URL: retell.url,
    RECONCILE_AFTER_MINUTES: '0',
  });
  client = await clientOf({
    url: service.url,
    key: async (name) => (name === 'RETELL_WEBHOOK_SECRET' ? KEY : service.key(name)),
  });
  await reconciling(client).ownRun(); // or it asks for what the tests want to be lost
  cleanUp.push(
    () => service.stop(),
    () => retell.stop(),
    database.drop,
    directory.remove,
  );
});
afterAll(async () => {
  for (const step of cleanUp) await step();
});

const order = (name: string) => ({
  fromNumber: '+442079460018',
  toNumber: '+447700900123',
  callSessionId: `cs_${name}`,
  appointmentId: `apt_${name}`,
  variables: { customer_name: 'Alex' },
});
const place = (body: object) => client.request('POST', '/api/calls', client.keys.api, body);

test('a call is placed, played and reported, and its session and appointment are confirmed', async () => {
  retell.tell('cs_placed', 'confirmed (true)');
  const { status, body } = await place(order('placed'));
  expect({ status, id: body.id, appointmentId: body.appointmentId }).toEqual({
    status: 202,
    id: 'cs_placed',
    appointmentId: 'apt_placed',
  });
  const session = await client.see('/api/call-sessions/cs_placed', (found) => found.status === 'confirmed');
  expect(session).toMatchObject({ direction: 'outbound', retellCallIds: [retell.truth('cs_placed')[0]!.call.call_id] });
  expect(await client.see('/api/appointments/apt_placed', (found) => found.status === 'confirmed')).toBeTruthy();
  const { items } = (await client.get('/api/call-sessions/cs_placed/history')).body as { items: { type: string }[] };
  expect(items.map(({ type }) => type)).toEqual(
    expect.arrayContaining(['CallRequested', 'CallPlaced', 'CallStarted', 'CallEnded', 'CallAnalyzed']),
  );
});

test('the same order again rings nobody a second time', async () => {
  const first = await place(order('again'));
  const again = await place(order('again'));
  expect([first.status, again.status]).toEqual([202, 202]);
  expect(retell.dials('cs_again')).toBe(1);
});

test('a redial joins the session that it names, a call goes where it says, and a rebuild gives the same links', async () => {
  retell.tell('cs_redialled', 'dial_busy');
  expect((await place(order('redialled'))).status).toBe(202);
  await client.see('/api/call-sessions/cs_redialled', (found) => found.status === 'busy');
  retell.tell('cs_redialled', 'confirmed (true)');
  const { fromNumber: from_number, toNumber: to_number } = order('redialled');
  retell.make({
    from_number,
    to_number,
    metadata: { call_session_id: 'cs_redialled', appointment_id: 'apt_redialled' },
  });
  // Placed for one session, and its webhook names another one.
  const placed = await place(order('lost_astray'));
  expect(placed.status).toBe(202);
  const astray = String(placed.body.retellCallId);
  const call = { call_id: astray, call_type: 'phone_call', call_status: 'ended', disconnection_reason: 'dial_busy' };
  const named = { ...call, metadata: { call_session_id: 'cs_elsewhere' } };
  expect(await client.post({ event: 'call_ended', event_timestamp: Date.now(), call: named })).toBe(204);
  await client.see('/api/call-sessions/cs_redialled', (found) => found.status === 'confirmed');
  await client.see('/api/call-sessions/cs_elsewhere', (found) => found.status === 'busy');

  const links = async () => {
    const found: Record<string, unknown> = {};
    for (const id of ['cs_redialled', 'cs_lost_astray', 'cs_elsewhere'])
      found[id] = (await client.get(`/api/call-sessions/${id}`)).body.retellCallIds;
    return found;
  };
  const before = await links();
  expect(before).toEqual({
    cs_redialled: retell.truth('cs_redialled').map((one) => one.call.call_id),
    cs_lost_astray: [astray], // what it placed stays its own to tell
    cs_elsewhere: [astray],
  });
  const { body } = await client.admin('POST', '/api/projections/call_sessions/rebuild', {});
  await eventually(
    async () => (await client.admin('GET', `/api/operations/${body.operationId}`)).body.state === 'succeeded',
    { within: 30_000, what: 'the rebuild' },
  );
  expect(await links()).toEqual(before);
});

test('a number that is none is refused before anything is on record', async () => {
  const { status, body } = await place({ ...order('nobody'), toNumber: 'reception' });
  expect({ status, code: body.code }).toMatchObject({ status: 400 });
  expect((await client.get('/api/call-sessions/cs_nobody')).status).toBe(404);
});

test('a country that the tenant’s setting leaves out is not called', async () => {
  const allow = (countries: string[] | null) =>
    client.admin('PATCH', '/api/tenants/default', { calls: countries && { countries } });
  expect((await allow(['DE'])).status).toBe(200);
  const { status, body } = await place(order('abroad'));
  expect([status, body.code, retell.dials('cs_abroad')]).toEqual([403, 'destination_not_allowed', 0]);
  expect((await allow(null)).status).toBe(200);
});

test('what no webhook ever told is asked for: the session is final, and the coverage says how', async () => {
  retell.tell('cs_lost', 'confirmed (true)');
  expect((await place(order('lost'))).status).toBe(202);
  await retell.quiet();
  expect(await client.see('/api/call-sessions/cs_lost')).toMatchObject({ status: 'pending' });
  await eventually(async () => (await client.admin('POST', '/api/reconciliation', {})).status === 202, { every: 200 });
  await client.see('/api/call-sessions/cs_lost', (found) => found.status === 'confirmed');
  const { items } = (await client.get('/api/call-sessions/cs_lost/history')).body as {
    items: { type: string; source: string; evidence: string }[];
  };
  expect(items.find(({ type }) => type === 'CallAnalyzed')).toMatchObject({
    source: 'reconciliation',
    evidence: 'none',
  });
  await eventually(async () => {
    const days = (await client.get('/api/coverage')).body.items as { missing: number }[];
    return days.length > 0 && days.every(({ missing }) => missing === 0);
  });
});

test('a call of which nobody told goes where the settings put its agent', async () => {
  const agentEndpoints = { agent_of_tickets: 'retell-outbound-ticket' };
  expect((await client.admin('PATCH', '/api/tenants/default', { agentEndpoints })).status).toBe(200);
  for (const [name, agentId] of [
    ['lost_ticket', 'agent_of_tickets'],
    ['lost_appointment', 'agent_of_appointments'],
  ] as const) {
    retell.tell(`cs_${name}`, 'confirmed (true)');
    expect((await place({ ...order(name), agentId })).status).toBe(202);
  }
  await retell.quiet();
  await eventually(async () => (await client.admin('POST', '/api/reconciliation', {})).status === 202, { every: 200 });
  const seen = async (name: string) => client.see(`/api/call-sessions/cs_${name}`, (it) => it.status === 'confirmed');
  expect(await seen('lost_ticket')).toMatchObject({ ticketId: expect.stringMatching(/^tkt_/) });
  expect(await seen('lost_appointment')).not.toHaveProperty('ticketId');
});
