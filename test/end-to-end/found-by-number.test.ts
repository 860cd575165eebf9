import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { callLedger } from '../cli/command.ts';
import { type Client, clientOf } from '../support/client.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { dataDirectory, eventually } from '../support/service.ts';
import { type ServiceHere, startServiceHere } from '../support/service-here.ts';

// A6, the fallback: a webhook that names no session overtakes Retell's answer to the request that it belongs to.

const KEY = 'key_of_retell';
let service: ServiceHere;
let client: Client;
let dataDir: string;
const cleanUp: (() => Promise<unknown>)[] = [];

/** Creates of calls that wait for their answer, by session. Otherwise Retell knows of nothing. */
const waiting = new Map<string, ServerResponse>();
const retell = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  if (request.url === '/v2/create-phone-call')
    waiting.set(JSON.parse(Buffer.concat(chunks).toString()).metadata.call_session_id, response);
  else response.end('{"items":[],"has_more":false}');
});
const answer = (session: string, callId: string) => {
  const response = waiting.get(session)!;
  response.writeHead(201, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ call_id: callId, call_type: 'phone_call', agent_id: 'a', call_status: 'registered' }));
};

beforeAll(async () => {
  await new Promise<void>((resolve) => retell.listen(0, '127.0.0.1', resolve));
  const database = await createTestDatabase(inject('postgresUrl'));
  const directory = await dataDirectory();
  dataDir = directory.path;
  service = await startServiceHere({
    DATA_DIR: dataDir,
    DATABASE_URL: database.url,
    RETELL_API_KEY: KEY,
    RETELL_WEBHOOK_SECRET: KEY,
    RETELL_BASE_URL: `http://127.0.0.1:${(retell.address() as AddressInfo).port}`,
  });
  client = await clientOf({
    url: service.url,
    key: async (name) => (name === 'RETELL_WEBHOOK_SECRET' ? KEY : service.key(name)),
  });
  cleanUp.push(
    () => service.stop(),
    async () => retell.close(),
    database.drop,
    directory.remove,
  );
});
afterAll(async () => {
  retell.closeAllConnections();
  for (const step of cleanUp) await step();
});

/** Asks for calls, as far as Retell: its answers wait until they are given. */
async function ask(toNumber: string, ...sessions: readonly string[]) {
  const orders = sessions.map((callSessionId) => ({ fromNumber: '+442079460018', toNumber, callSessionId }));
  const placing = orders.map((order) => client.request('POST', '/api/calls', client.keys.api, order));
  await eventually(async () => sessions.every((session) => waiting.has(session)));
  return placing;
}
const busy = (callId: string, toNumber: string) => ({
  event: 'call_ended',
  call: {
    ...{ call_id: callId, call_type: 'phone_call', agent_id: 'agent_1', direction: 'outbound' },
    ...{ call_status: 'ended', disconnection_reason: 'dial_busy', from_number: '+442079460018', to_number: toNumber },
  },
});
type Item = { type: string; changes: { field: string; from: unknown; to: unknown }[] };
const historyOf = async (id: string) =>
  (await client.get(`/api/call-sessions/${id}/history`)).body.items as readonly Item[];
const matches = (items: readonly Item[]) =>
  items.flatMap(({ type, changes }) =>
    changes.filter(({ field }) => field === 'matchedByPhoneNumber').map(({ from, to }) => ({ type, from, to })),
  );

test('a call is led to the one request that waits for its number, and session, history and CLI say so', async () => {
  const number = '+447700900123';
  const [placing] = await ask(number, 'cs_waits');
  expect(await client.post(busy('call_early', number))).toBe(204);
  const session = await client.see('/api/call-sessions/cs_waits', ({ status }) => status === 'busy');
  expect(session).toMatchObject({ retellCallIds: ['call_early'], matchedByPhoneNumber: ['call_early'] });
  const told = [{ type: 'CallLinked', from: null, to: ['call_early'] }];
  expect(matches(await historyOf('cs_waits'))).toEqual(told);

  // Retell's answer confirms it; how the call was found stays on record.
  answer('cs_waits', 'call_early');
  expect((await placing!).status).toBe(202);
  const confirmed = await client.see('/api/call-sessions/cs_waits', ({ revision }) => revision === 4);
  expect(confirmed).toMatchObject({ retellCallIds: ['call_early'], matchedByPhoneNumber: ['call_early'] });
  expect(matches(await historyOf('cs_waits'))).toEqual(told);

  const ran = await callLedger(['history', 'call_early'], {
    env: { PORT: new URL(service.url).port, DATA_DIR: dataDir },
  });
  expect(ran.out).toMatch(/^by phone number +call_early$/m);
  expect(ran.out).toContain('matchedByPhoneNumber = ["call_early"]');
});

test('where two requests wait for one number, a call belongs to neither, and nothing is said of a match', async () => {
  const number = '+447700900124';
  const placing = await ask(number, 'cs_one', 'cs_two');
  expect(await client.post(busy('call_of_whom', number))).toBe(204);
  const alone = await client.see('/api/call-sessions/call:call_of_whom');
  expect(alone).toMatchObject({ id: 'call:call_of_whom', status: 'busy' });
  expect(alone).not.toHaveProperty('matchedByPhoneNumber');

  // Once Retell has said whose it is, it is there; the number has not led it there.
  answer('cs_one', 'call_other');
  answer('cs_two', 'call_of_whom');
  await Promise.all(placing);
  const two = await client.see('/api/call-sessions/cs_two', ({ revision }) => revision === 3);
  expect(two).toMatchObject({ retellCallIds: ['call_of_whom'] });
  expect(two).not.toHaveProperty('matchedByPhoneNumber');
  expect(matches(await historyOf('cs_two'))).toEqual([]);
});

test.each([
  ['07700 900125', '+447700900125'],
  ['447700900126', '+447700900126'],
  ['+44 (7700) 900-127', '+447700900127'],
  [' 00447700900128 ', '+447700900128'],
])("a call to %j is led to the request for %s: numbers compare in the tenant's region", async (written, number) => {
  expect((await client.admin('PATCH', '/api/tenants/default', { defaultRegion: 'GB' })).status).toBe(200);
  const [id, session] = [`call_to_${number.slice(-3)}`, `cs_to_${number.slice(-3)}`];
  const [placing] = await ask(number, session);
  expect(await client.post(busy(id, written))).toBe(204);
  const led = await client.see(`/api/call-sessions/${session}`, ({ status }) => status === 'busy');
  expect(led).toMatchObject({ retellCallIds: [id], matchedByPhoneNumber: [id] });
  answer(session, id);
  await placing;
});
