import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { appointmentStream, callStream, sessionStream, ticketStream } from '../../src/events/streams.ts';
import { tombstoneStream } from '../events/delete-stream-process.ts';
import { type Client, clientOf } from '../support/client.ts';
import { startHostedStore } from '../support/hosted-store.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { about, sample } from '../support/samples.ts';
import { dataDirectory, eventually } from '../support/service.ts';
import { type ServiceHere, startServiceHere } from '../support/service-here.ts';

// What a service says of what an operator has deleted for good with the event store's own tools: a clear word, never 5xx.

const keys = { ADMIN_KEY: 'admin-key-of-the-tests', RETELL_WEBHOOK_SECRET: 'webhook-key-of-the-tests' };

let service: ServiceHere;
let client: Client;
let storeUrl: string;
const cleanUp: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const [database, directory] = await Promise.all([createTestDatabase(), dataDirectory()]);
  const store = await startHostedStore({ dataDir: directory.path });
  storeUrl = store.url;
  service = await startServiceHere({
    ...{ EVENTSTORE_URL: store.url, DATABASE_URL: database.url, MASTER_KEY: 'master-key-of-the-tests' },
    ...{ DATA_DIR: directory.path, ...keys },
  });
  cleanUp.push(() => service.stop(), store.stop, database.drop, directory.remove);
  const admin = { authorization: `Bearer ${keys.ADMIN_KEY}`, 'content-type': 'application/json' };
  const issued = await eventually(async () => {
    const response = await fetch(`${service.url}/api/tenants/default/api-keys`, {
      ...{ method: 'POST', headers: admin, body: '{"scopes":["write"]}' },
    });
    return response.ok && ((await response.json()) as { key: string });
  });
  const all = { ...keys, API_KEY: issued.key };
  client = await clientOf({ url: service.url, key: async (name) => all[name] });
});
afterAll(async () => {
  for (const step of cleanUp) await step();
});

type Ids = { call: string; session: string; appointment: string };
/** A call with a session, an appointment and a ticket, all of them shown. */
async function told(): Promise<Ids> {
  const id = randomUUID();
  const ids = { call: `call_${id}`, session: `cs_${id}`, appointment: `apt_${id}` };
  const path = '/api/webhooks/retell-inbound-ticket';
  expect(await client.post(about(sample('01'), ids), { path })).toBe(204);
  await client.see(`/api/call-sessions/${ids.session}`);
  await client.see(`/api/tickets/tkt_${ids.call}`);
  await client.see(`/api/appointments/${ids.appointment}`);
  return ids;
}
const command = async (method: string, path: string, body: unknown = {}) => {
  const answer = await client.request(method, path, client.keys.api, body);
  return [answer.status, answer.body.code];
};
const deleteForGood = (stream: string) => tombstoneStream(storeUrl, stream);
const GONE = [410, 'stream_deleted'];

test('a call: what still comes is in quarantine, its history is empty, its past and commands on it are gone', async () => {
  const { call, session } = await told();
  const before = new Date().toISOString();
  await deleteForGood(callStream('default', call));

  expect(await client.post(about(sample('02'), { call, session }), {})).toBe(204);
  const listed = await eventually(async () => {
    const { body } = await client.admin('GET', '/api/quarantine?reason=stream_deleted');
    return (body.items as { id: string }[])[0];
  });
  const retried = await client.admin('POST', `/api/quarantine/${listed.id}/retry`);
  expect([retried.status, retried.body]).toEqual([200, { outcome: 'still_quarantined', reason: 'stream_deleted' }]);

  const history = await client.get(`/api/call-sessions/${session}/history`);
  expect([history.status, history.body.items]).toEqual([200, []]);
  for (const path of [`call-sessions/${session}`, `call-sessions/call:${call}`, `tickets/tkt_${call}`]) {
    const past = await client.get(`/api/${path}?at=${before}`);
    expect([past.status, past.body.code], path).toEqual(GONE);
  }
  expect(await command('POST', `/api/call-sessions/${session}/archive`)).toEqual(GONE);
  expect(await command('POST', `/api/tickets/tkt_${call}/status`, { status: 'closed' })).toEqual(GONE);
});

test('a ticket’s, a session’s, an appointment’s own stream: commands on it are gone, what rests on the call is not', async () => {
  const { call, session, appointment } = await told();
  const { call: other, session: otherSession } = await told();
  await deleteForGood(ticketStream('default', `tkt_${call}`));
  await deleteForGood(appointmentStream('default', appointment));
  await deleteForGood(sessionStream('default', 'cs_of_nobody'));
  expect(await command('POST', `/api/tickets/tkt_${call}/status`, { status: 'closed' })).toEqual(GONE);
  expect(await command('PUT', `/api/appointments/${appointment}`)).toEqual(GONE);
  const past = await client.get(`/api/appointments/${appointment}?at=${new Date().toISOString()}`);
  expect([past.status, past.body.code]).toEqual(GONE);
  expect(await command('POST', '/api/call-sessions/cs_of_nobody/archive')).toEqual(GONE);
  expect((await command('POST', `/api/call-sessions/${session}/archive`))[0]).toBe(200);
  expect((await client.get(`/api/call-sessions/${otherSession}/history`)).body.items).toHaveLength(1);
  expect((await command('POST', `/api/tickets/tkt_${other}/status`, { status: 'closed' }))[0]).toBe(200);
  expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
  expect(service.logs.filter((line) => /unexpected_error|internal_error/.test(line))).toEqual([]);
});
