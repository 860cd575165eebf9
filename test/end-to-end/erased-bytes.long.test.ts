// What `physical: done` promises (docs/erasure.md): no byte of a person is left in the files of either store.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findCanaries } from '../support/canaries.ts';
import { type Client, clientOf } from '../support/client.ts';
import { dataDirectory, eventually } from '../support/service.ts';
import { type ServiceHere, startServiceHere } from '../support/service-here.ts';

let service: ServiceHere;
let client: Client;
let directory: Awaited<ReturnType<typeof dataDirectory>>;
beforeAll(async () => {
  directory = await dataDirectory();
  service = await startServiceHere({ DATA_DIR: directory.path });
  client = await clientOf(service);
}, 90_000);
afterAll(async () => {
  await service?.stop();
  await directory?.remove();
}, 60_000);

const canary = () => `canary-${randomUUID()}`;
/** Two calls of one person, as Retell tells of them; what is said in them is in all that the service keeps. */
async function call(callId: string, from: string, said: string) {
  const about = {
    ...{ call_id: callId, call_type: 'phone_call', agent_id: 'agent_1', direction: 'inbound', call_status: 'ended' },
    ...{
      from_number: from,
      to_number: '+4930901820',
      start_timestamp: 1_767_000_000_000,
      end_timestamp: 1_767_000_060_000,
    },
    disconnection_reason: 'user_hangup',
    transcript: `User: ${said} ${Array.from({ length: 200 }, randomUUID).join(' ')}`,
    recording_url: `https://recordings.example/${said}.wav`,
    retell_llm_dynamic_variables: { customer_name: said },
  };
  const analysis = { call_summary: said, custom_analysis_data: { action_required: 'yes', callback_name: said } };
  const path = '/api/webhooks/retell-inbound-ticket';
  expect(await client.post({ event: 'call_ended', call: about }, { path })).toBe(204);
  expect(await client.post({ event: 'call_analyzed', call: { ...about, call_analysis: analysis } }, { path })).toBe(
    204,
  );
  await client.see(`/api/call-sessions/call:${callId}`, ({ transcript }) => transcript !== undefined);
}
/** The write-ahead log of Postgres is excepted, and runs out by itself. */
const found = (...canaries: string[]) =>
  findCanaries(directory.path, canaries, (file) => /^(eventstore|postgres)/.test(file) && !file.includes('pg_wal'));

test('after an erasure is physically done, no file of either store holds a byte of the person', async () => {
  const [gone, kept] = [canary(), canary()];
  await call('call_gone_1', '+4930901234', gone);
  await call('call_gone_2', '+4930901234', gone);
  await call('call_kept', '+4930905678', kept);
  expect(await found(gone)).toEqual(expect.arrayContaining([expect.stringMatching(/^eventstore.*zipped$/)]));

  const { status, body } = await client.admin('POST', '/api/erasures', { tenantId: 'default', phone: '+4930901234' });
  expect(status).toBe(202);
  const erasure = await eventually(
    async () => {
      const { body: shown } = await client.admin('GET', `/api/erasures/${body.id}`);
      return shown.physical === 'done' && shown;
    },
    { within: 80_000, every: 200, what: 'physically done' },
  );
  expect(erasure).toMatchObject({ state: 'done', calls: 2, erased: 2 });

  expect(await found(gone, '+4930901234', '4930901234')).toEqual([]);
  expect(await found(kept)).not.toEqual([]);
  expect((await client.get('/api/call-sessions/call:call_gone_1')).body).toMatchObject({ erased: true });
  expect((await client.get('/api/call-sessions/call:call_kept')).body.transcript).toContain(kept);
  // The stores go on: what comes after is taken and shown.
  await call('call_later', '+4930901234', kept);
}, 150_000);
