import fc from 'fast-check';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type Client, clientOf } from '../support/client.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { type Payload, sample, sampleFiles } from '../support/samples.ts';
import { dataDirectory, eventually } from '../support/service.ts';
import { startServiceHere } from '../support/service-here.ts';

// Every recorded webhook, in every order and with repeats, ends in the same state, through the database (C5).

let client: Client;
const cleanUp: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const database = await createTestDatabase(inject('postgresUrl'));
  const directory = await dataDirectory();
  const service = await startServiceHere({ DATA_DIR: directory.path, DATABASE_URL: database.url, LOG_LEVEL: 'info' });
  client = await clientOf(service);
  cleanUp.push(() => service.stop(), database.drop, directory.remove);
});
afterAll(async () => {
  for (const step of cleanUp) await step();
});

const webhooks: readonly Payload[] = sampleFiles().map((file) => sample(file.slice(0, 2)));
/** Nothing that tells one run from another is left in a text, so that runs can be compared. */
const inRun = (run: string, text: string) => text.replaceAll(/"(call_[0-9a-f]{20,}|cs_\w+|apt_987)"/g, `"$1-${run}"`);
const withoutRun = (run: string, text: string) => text.replaceAll(`-${run}`, '');

/** What the query API says of a run, but for the time at which we received it. */
async function stateAfter(run: string, order: readonly Payload[]) {
  await Promise.all(
    order.map(async (webhook) => expect(await client.post(inRun(run, JSON.stringify(webhook)))).toBe(204)),
  );
  const calls = new Set(webhooks.map(({ call }) => `${call.call_id}-${run}`));
  const facts = new Set(
    webhooks.map((webhook) => `${webhook.event} ${webhook.call.call_id} ${JSON.stringify(webhook.call)}`),
  );
  const sessions = await eventually(
    async () => {
      const { items } = (await client.get('/api/call-sessions?limit=200&fields=transcript')).body as {
        items: Session[];
      };
      const mine = items.filter(({ retellCallIds }) => retellCallIds.some((id) => calls.has(id)));
      return mine.reduce((sum, { revision }) => sum + revision, 0) === facts.size && mine;
    },
    { what: 'every fact of the run' },
  );
  const appointment = await client.see(`/api/appointments/apt_987-${run}`);
  expect(appointment).toMatchObject({ decidedByCallId: `${DECIDED_BY}-${run}`, lastEventAt: LAST_DECISION_AT });
  const told = [...sessions, appointment].map(({ createdAt: _, ...rest }) => withoutRun(run, JSON.stringify(rest)));
  return told.sort();
}
/** All calls started at the same moment; of those that decide, the last id says last: sample 07, the cancellation. */
const DECIDED_BY = 'call_eb066b3d4e06341e05c7e0412d3';
/** Of all that decide, in a rescheduling that is outranked but gives the time. */
const LAST_DECISION_AT = '2026-11-02T10:00:25.200Z';
type Session = { retellCallIds: string[]; revision: number; createdAt: string };

/** `TEST_ORDERS=50` looks longer. */
const ORDERS = Number(process.env.TEST_ORDERS ?? 4);

test('all samples at once, in any order and with repeats, end in the same state', async () => {
  const asRecorded = await stateAfter('base', webhooks);
  expect(asRecorded.length).toBeGreaterThan(20);
  let run = 0;
  const anyOrder = fc.tuple(
    fc.shuffledSubarray([...webhooks], { minLength: webhooks.length }),
    fc.shuffledSubarray([...webhooks], { maxLength: 12 }),
  );
  await fc.assert(
    fc.asyncProperty(anyOrder, async ([order, repeats]) => {
      expect(await stateAfter(`run${run++}z`, [...order, ...repeats])).toEqual(asRecorded);
    }),
    { numRuns: ORDERS, endOnFailure: true },
  );
});

test('one after the other, from the last to the first, ends in the same state too', async () => {
  const reversed = [...webhooks].reverse();
  const alone: Payload[] = [];
  for (const webhook of reversed) {
    expect(await client.post(inRun('backwards', JSON.stringify(webhook)))).toBe(204);
    alone.push(webhook);
  }
  expect(await stateAfter('backwards', alone)).toEqual(await stateAfter('forwards', webhooks));
});
