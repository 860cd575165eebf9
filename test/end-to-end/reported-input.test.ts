import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { JsonObject } from '../../src/events/json.ts';
import { type Client, clientOf } from '../support/client.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { dataDirectory } from '../support/service.ts';
import { startServiceHere } from '../support/service-here.ts';

// Input that people have reported to go wrong elsewhere, through the real door to what is shown. Their neighbours stand
// in test/model, test/projections and test/commands.

let client: Client;
const cleanUp: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  const [database, directory] = await Promise.all([createTestDatabase(inject('postgresUrl')), dataDirectory()]);
  const service = await startServiceHere({ DATA_DIR: directory.path, DATABASE_URL: database.url });
  cleanUp.push(() => service.stop(), database.drop, directory.remove);
  client = await clientOf(service);
  await client.admin('PATCH', '/api/tenants/default', { defaultRegion: 'US', timeZone: 'America/New_York' });
});
afterAll(async () => {
  expect((await client.admin('GET', '/api/parked')).body.items).toEqual([]);
  for (const step of cleanUp) await step();
});

const input = (name: string) => JSON.parse(readFileSync(join(import.meta.dirname, `../fixtures/${name}.json`), 'utf8'));
let calls = 0;

/** Posts analyses of one call that is about an appointment of its own, a minute apart; answers the ids when all is shown. */
async function analysed(call: JsonObject, analyses: readonly JsonObject[], metadata?: JsonObject) {
  const id = `call_${++calls}`;
  const appointment = `apt_${id}`;
  for (const [i, custom_analysis_data] of analyses.entries()) {
    const body = {
      event: 'call_analyzed',
      event_timestamp: Number(call.start_timestamp) + 300_000 + i * 60_000,
      call: {
        ...call,
        ...{ call_id: id, metadata: metadata ?? { appointment_id: appointment } },
        call_analysis: { call_summary: `run ${i}`, custom_analysis_data },
      },
    };
    expect(await client.post(body)).toBe(204);
  }
  await client.see(`/api/call-sessions/call:${id}`, ({ revision }) => revision === analyses.length);
  return { id, session: `/api/call-sessions/call:${id}`, appointment: `/api/appointments/${appointment}` };
}
const shown = async (path: string) => (await client.get(path)).body;

test('a placeholder in a rerun erases no known time and no known reason, and hides no words behind it', async () => {
  const { call, time, reason, details } = input('placeholder-in-a-rerun');
  const moved = await shown((await analysed(call, time)).appointment);
  expect(moved).toMatchObject({ startsAt: '2026-12-10T19:30:00.000Z', needsReview: false });
  expect(await shown((await analysed(call, reason)).appointment)).toMatchObject({ cancellationReason: 'Moving away' });
  expect(await shown((await analysed(call, details)).appointment)).toMatchObject({
    ...{ rescheduleText: 'next Tuesday afternoon', needsReview: true },
  });
});

test('the words of a call are its transcript, whichever field has them', async () => {
  const { call, turns } = input('scrubbed-transcript');
  for (const field of ['scrubbed_transcript_with_tool_calls', 'transcript_object', 'transcript_with_tool_calls']) {
    const { session } = await analysed({ ...call, [field]: turns }, [{}]);
    const transcript = 'Agent: How can I help?\nUser: I am [NAME], the heating is off\n';
    expect(await shown(session), field).toMatchObject({ transcript });
  }
});

test('a flag counts with quotes and a mark at its end, and prose does not', async () => {
  const { counts, prose } = input('flags-with-a-full-stop');
  const { call } = input('new-time-before-the-call');
  const statusOf = async ([field, word]: [string, string]) =>
    (await shown((await analysed(call, [{ [field]: word }])).session)).status;
  for (const said of counts) expect(await statusOf(said), said).toBe('confirmed');
  for (const said of prose) expect(await statusOf(said), said).toBe('failed');
});

test('a start outside the years 1 to 9999 is words at the door and 400 at a command, and a later one is taken', async () => {
  const { webhook, put, call } = input('start-outside-the-years');
  const moved = (time: string) => ({ appointment_rescheduled: true, new_appointment_datetime: time });
  for (const text of webhook) {
    const { appointment } = await analysed(call, [moved(text)]);
    expect(await shown(appointment), text).toMatchObject({ rescheduleText: text, needsReview: true });
    const again = await analysed(call, [moved(text), moved('2026-12-10T14:30')]);
    expect(await shown(again.appointment), text).toMatchObject({ startsAt: '2026-12-10T19:30:00.000Z' });
  }
  for (const [i, startsAt] of put.entries()) {
    const told = (body: object) => client.request('PUT', `/api/appointments/apt_put_${i}`, client.keys.api, body);
    const refused = await told({ startsAt });
    expect([refused.status, refused.body.errors], startsAt).toMatchObject([400, [{ path: 'startsAt' }]]);
    expect((await told({ startsAt: '2026-12-10T10:00:00Z' })).status).toBe(200);
    await client.see(`/api/appointments/apt_put_${i}`, (it) => it.startsAt === '2026-12-10T10:00:00.000Z');
  }
});

test('a new time before the call is no time, and one after its beginning is', async () => {
  const { call, before, after } = input('new-time-before-the-call');
  const moved = async (time: string) => {
    const { appointment } = await analysed(call, [{ appointment_rescheduled: true, new_appointment_datetime: time }]);
    return shown(appointment);
  };
  for (const text of before) {
    const appointment = await moved(text);
    expect(appointment, text).toMatchObject({ rescheduleText: text, needsReview: true });
    expect(appointment, text).not.toHaveProperty('startsAt');
  }
  for (const [text, startsAt] of after) expect(await moved(text), text).toMatchObject({ startsAt, needsReview: false });
});

test('ids that stand for nothing join nobody', async () => {
  const { call, ids } = input('placeholder-ids');
  for (const word of ids) {
    const metadata = { call_session_id: word, appointment_id: word };
    const one = await analysed(call, [{ appointment_confirmed: true }], metadata);
    const other = await analysed(call, [{}], metadata);
    expect(await shown(one.session), word).toMatchObject({ id: `call:${one.id}`, status: 'confirmed' });
    expect(await shown(other.session), word).toMatchObject({ id: `call:${other.id}`, status: 'answered' });
    for (const path of ['call-sessions', 'appointments'])
      expect((await client.get(`/api/${path}/${encodeURIComponent(word)}`)).status, word).toBe(404);
  }
});
