import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, clientOf } from '../support/client.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { sample } from '../support/samples.ts';
import { dataDirectory, eventually } from '../support/service.ts';
import { type ServiceHere, startServiceHere } from '../support/service-here.ts';

// An index of Postgres holds no entry of more than 2,704 bytes, and a fact that cannot be indexed parks its call. What a
// webhook can bring into an indexed column is bounded where it is translated, and all that the bounds allow fits.

let service: ServiceHere;
let client: Client;
const cleanUp: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  const [database, directory] = await Promise.all([createTestDatabase(), dataDirectory()]);
  service = await startServiceHere({ DATABASE_URL: database.url, DATA_DIR: directory.path });
  cleanUp.push(service.stop, database.drop, directory.remove);
  client = await clientOf(service);
});
afterAll(async () => {
  for (const step of cleanUp) await step();
});

/** No two the same, or Postgres would compress it. */
const noise = (length: number, from: number, to: number): string =>
  String.fromCodePoint(...Array.from({ length }, () => randomInt(from, to)));
const letters = (length: number) => Array.from({ length }, () => noise(1, 0x61, 0x7b)).join('');
/** Three bytes each. */
const ideographs = (length: number) => noise(length, 0x4e00, 0x9fa5);

/** An analysed call whose every text is as long as this. */
function call(id: string, texts: { id: () => string; word: () => string; name: string }) {
  const { call: sent, ...envelope } = sample('30');
  return {
    ...envelope,
    call: {
      ...sent,
      ...{ call_id: id, agent_id: texts.word(), agent_name: texts.word(), call_status: texts.word() },
      ...{ disconnection_reason: texts.word(), from_number: texts.word(), to_number: texts.word() },
      metadata: { call_session_id: texts.id(), appointment_id: texts.id(), contact_id: texts.id() },
      call_analysis: {
        ...(sent.call_analysis as object),
        custom_analysis_data: { action_required: 'true', customer_name: texts.name },
      },
    },
  };
}

const wellWithNothingParked = async () => {
  expect((await client.admin('GET', '/api/parked')).body.items).toEqual([]);
  await expect.poll(async () => (await client.get('/health/ready')).status).toBe(200);
};

test('what is a megabyte long parks nothing: the call is shown without ids that are none, its texts are whole', async () => {
  const mega = letters(1_000_000);
  const long = { id: () => mega, word: () => mega, name: mega };
  expect(await client.post(call('call_mega', long))).toBe(204);
  const session = await client.see('/api/call-sessions/call%3Acall_mega');
  expect(session).toMatchObject({ retellCallIds: ['call_mega'], analysis: { custom: { customer_name: mega } } });
  for (const field of ['agentId', 'agentName', 'appointmentId', 'contactId', 'fromNumber', 'disconnectionReason'])
    expect(session, field).not.toHaveProperty(field);

  // A number that is one makes a customer; a name has no bound, and no index.
  const known = call('call_named', { ...long, word: () => 'short' });
  known.call.from_number = '+4930123456';
  expect(await client.post(known, { path: '/api/webhooks/retell-inbound-ticket' })).toBe(204);
  const ticket = await client.see('/api/tickets/tkt_call_named', ({ customerId }) => customerId !== undefined);
  expect(await client.see(`/api/customers/${ticket.customerId}`)).toMatchObject({ name: mega, phone: '+4930123456' });
  await wellWithNothingParked();
});

test('the longest that every field may be is indexed, and found again by it', async () => {
  const longest = { id: () => ideographs(170), word: () => ideographs(512), name: ideographs(512) };
  const widest = [call('c'.repeat(512), longest), call('d'.repeat(512), longest)];
  for (const payload of widest) {
    expect(await client.post(payload)).toBe(204);
    const { call_session_id, appointment_id } = payload.call.metadata;
    const found = await client.see(`/api/call-sessions/${encodeURIComponent(call_session_id)}`);
    expect(found).toMatchObject({ agentId: payload.call.agent_id, appointmentId: appointment_id });
    const { body } = await client.get(`/api/call-sessions?appointmentId=${encodeURIComponent(appointment_id)}`);
    expect((body.items as { id: string }[]).map(({ id }) => id)).toEqual([call_session_id]);
  }
  // The call goes to another session and appointment: what it has left is indexed too.
  const [first] = widest;
  const moved = { ...call('c'.repeat(512), longest), event_timestamp: Number(first!.event_timestamp) + 1000 };
  expect(await client.post(moved, { path: '/api/webhooks/retell-inbound-ticket' })).toBe(204);
  await client.see(`/api/call-sessions/${encodeURIComponent(moved.call.metadata.call_session_id)}`);
  expect(
    (await client.get(`/api/call-sessions/${encodeURIComponent(first!.call.metadata.call_session_id)}`)).status,
  ).toBe(404);
  await client.see(`/api/tickets/tkt_${'c'.repeat(512)}`);
  await wellWithNothingParked();
  // A rebuild makes its indexes over all rows at once, when nobody could say any more which fact one of them is from.
  const { body } = await client.admin('POST', '/api/projections/calls/rebuild');
  const over = await eventually(async () => {
    const { body: now } = await client.admin('GET', `/api/operations/${body.operationId}`);
    return ['succeeded', 'failed'].includes(String(now.state)) && now;
  });
  expect([over.state, over.error]).toEqual(['succeeded', undefined]);
});
