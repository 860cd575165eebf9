import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { DailySummary } from '../../src/read-api/summary.ts';
import { type Client, clientOf } from '../support/client.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { about, type Payload, sample } from '../support/samples.ts';
import { dataDirectory } from '../support/service.ts';
import { startServiceHere } from '../support/service-here.ts';

let client: Client;
const cleanUp: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  const database = await createTestDatabase(inject('postgresUrl'));
  const directory = await dataDirectory();
  const service = await startServiceHere({ DATA_DIR: directory.path, DATABASE_URL: database.url });
  client = await clientOf(service);
  cleanUp.push(() => service.stop(), database.drop, directory.remove);
});
afterAll(async () => {
  for (const step of cleanUp) await step();
});

/** A webhook of a call that began so long ago. */
const begun = ({ call, ...rest }: Payload, hours: number): Payload => {
  const start_timestamp = Date.now() - hours * 3_600_000;
  return { ...rest, call: { ...call, start_timestamp, end_timestamp: start_timestamp + 60_000 } };
};

test('a call counts on its day where the tenant is, and so does what it left to be done', async () => {
  const timeZone = 'Pacific/Kiritimati';
  const dateOf = (at: number) => new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(at);
  const [now, then] = [Date.now(), Date.now() - 30 * 3_600_000];
  expect((await client.admin('PATCH', '/api/tenants/default', { timeZone })).status).toBe(200);
  const inbound = { path: '/api/webhooks/retell-inbound-ticket' };
  expect(await client.post(begun(about(sample('34'), { call: 'call_ticket' }), 30), inbound)).toBe(204);
  const moved = begun(about(sample('05'), { call: 'call_moved', appointment: 'apt_summary' }), 30);
  const analysis = { custom_analysis_data: { appointment_rescheduled: true, new_appointment_details: 'after Easter' } };
  expect(await client.post({ ...moved, call: { ...moved.call, call_analysis: analysis } })).toBe(204);
  await client.see('/api/tickets/tkt_call_ticket');
  await client.see('/api/appointments/apt_summary', ({ needsReview }) => needsReview === true);

  const { body } = await client.get('/api/summary');
  const summary = body as DailySummary;
  expect(summary.timeZone).toBe(timeZone);
  const on = (at: number) => summary.days.find(({ date }) => date === dateOf(at));
  expect(on(then)).toMatchObject({
    calls: { byOutcome: { rescheduled: 1 }, byDirection: { inbound: 1, outbound: 1 } },
    appointmentsNeedingReview: 1,
  });
  expect([on(then)!.ticketsOpened, on(now)!.ticketsOpened]).toEqual([0, 1]);
});
