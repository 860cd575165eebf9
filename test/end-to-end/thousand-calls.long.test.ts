import { pino } from 'pino';
import { afterAll, expect, inject, test } from 'vitest';
import { openRecorder } from '../../src/commands/webhooks/record.ts';
import { spawnEventStore } from '../../src/embedded/event-store/spawn.ts';
import { startReconciliation } from '../../src/reactions/reconciliation/start.ts';
import { randomFrom } from '../../src/retell-emulator/random.ts';
import { startRetell } from '../../src/retell-emulator/start.ts';
import { reminders, storyOf } from '../../src/retell-emulator/stories.ts';
import { directory, tenant } from '../commands/webhooks/door.ts';
import { apiKeyFrom, clientOf } from '../support/client.ts';
import { differences, expectedSession } from '../support/expected-session.ts';
import { freePort } from '../support/free-port.ts';
import { patientLog } from '../support/patient-log.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { reconciling } from '../support/reconciling.ts';
import { dataDirectory, eventually, type RunningService, startService } from '../support/service.ts';

// A third of all webhooks lost, and the service killed and away for part of the time.

/** RECONCILIATION_CALLS=1000 for the whole of it; it then says how it went. */
const CALLS = Number(process.env.RECONCILIATION_CALLS ?? 100);
const KEYS = {
  ADMIN_KEY: 'an-admin-key-for-the-test',
  MASTER_KEY: 'a-master-key-for-the-test',
  RETELL_WEBHOOK_SECRET: 'key_test_webhook_0123456789abcdef',
};
const AT_ONCE = 10;
const cleanUp: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const step of cleanUp.reverse()) await step();
});

const stories = [...reminders, storyOf('outbound transferred')];
const inPieces = async <T>(list: readonly T[], work: (one: T) => Promise<unknown>) => {
  for (let from = 0; from < list.length; from += AT_ONCE) await Promise.all(list.slice(from, from + AT_ONCE).map(work));
};

test('every session comes out final and as Retell knows it, and the coverage says how each fact came', async () => {
  const files = await dataDirectory();
  const database = await createTestDatabase(inject('postgresUrl'));
  const store = await spawnEventStore({ dataDir: files.path });
  cleanUp.push(files.remove, database.drop, () => store.stop());
  const port = await freePort();
  const random = randomFrom(7);
  const retell = await startRetell({
    pace: 3,
    webhooks: {
      url: `http://127.0.0.1:${port}/api/webhooks/retell`,
      key: KEYS.RETELL_WEBHOOK_SECRET,
      fate: () => ({ lost: random.below(3) === 0 }),
    },
  });
  cleanUp.push(() => retell.stop());
  let service: RunningService;
  const start = async () => {
    service = await startService({
      ...{ ...KEYS, EVENTSTORE_URL: store.url, DATABASE_URL: database.url, PORT: String(port) },
      ...{ RETELL_BASE_URL: retell.url, RETELL_API_KEY: retell.apiKey },
      ...{ RECONCILE_AFTER_MINUTES: '0', RECONCILE_REQUESTS_PER_SECOND: '500' },
    });
  };
  await start();
  cleanUp.push(() => service.stop());
  const url = `http://127.0.0.1:${port}`;
  const admin = await clientOf({ url, key: async () => KEYS.ADMIN_KEY });
  const key = await apiKeyFrom(admin, 'write');
  const client = await clientOf({ url, key: async () => key });

  const { ownRun, run, covered } = reconciling(admin);
  await ownRun(); // before there is any call

  const orders = Array.from({ length: CALLS }, (_, n) => {
    const story = stories[n % stories.length]!;
    const appointment = story.agent === 'appointments' && { appointmentId: `apt_${n}`, contactId: `con_${n}` };
    return { n, story, sessionId: `cs_${n}`, more: appointment || {} };
  });
  for (const { sessionId, story } of orders) retell.tell(sessionId, story.name);
  const [one, two, three, four] = [0, 1, 2, 3].map((i) => orders.filter(({ n }) => Math.floor((4 * n) / CALLS) === i));
  const number = (n: number) => `+4477009${String(n).padStart(5, '0')}`;
  const place = async ({ n, sessionId, more }: (typeof orders)[number]) => {
    const order = { fromNumber: '+442079460018', toNumber: number(n), agentId: 'agent_x', callSessionId: sessionId };
    const answer = await eventually(async () => {
      const given = await client.request('POST', '/api/calls', client.keys.api, { ...order, ...more });
      return given.body.code !== 'event_store_unavailable' && given; // then it is to be repeated, and dials once all the same
    });
    expect(answer).toMatchObject({ status: 202 });
  };
  /** Without us: another system has it dialled for a session of its own, or somebody rings. */
  const elsewhere = async ({ n, sessionId, more }: (typeof orders)[number]) => {
    const { appointmentId, contactId } = more as { appointmentId?: string; contactId?: string };
    const direction = n % 3 === 0 ? 'inbound' : 'outbound';
    const [from, to] = direction === 'inbound' ? [number(n), '+442079460018'] : ['+442079460018', number(n)];
    retell.make({
      ...{ direction, from_number: from, to_number: to, override_agent_id: 'agent_x' },
      metadata: {
        call_session_id: sessionId,
        ...(appointmentId !== undefined && { appointment_id: appointmentId, contact_id: contactId }),
      },
    });
  };
  const began = performance.now();
  await inPieces(one!, place);
  await inPieces(two!, place);
  await service!.kill(); // with calls going on
  const killed = performance.now();
  await inPieces(three!, elsewhere);
  await retell.quiet();
  await start();
  const back = performance.now();
  await ownRun();
  await inPieces(four!, place);
  await retell.quiet();
  const played = performance.now();

  const last = await run();
  const reconciled = performance.now();
  expect(last.phase).toBe('done');

  const wrong = async (day: number) => {
    const found: string[] = [];
    await inPieces(orders, async ({ sessionId }) => {
      const expected = expectedSession(retell.truth(sessionId)[0]!, day);
      const { body } = await client.get(`/api/call-sessions/${sessionId}`);
      found.push(...differences(expected, body).map((difference) => `${sessionId} ${difference}`));
    });
    return found.slice(0, 20);
  };
  await expect.poll(() => wrong(0), { timeout: 60_000, interval: 500 }).toEqual([]);
  for (const { sessionId } of orders) expect(retell.dials(sessionId)).toBe(1);

  const { webhook, reconciliation, ...all } = await covered();
  expect(all).toEqual({ retell: CALLS, log: CALLS, percent: 100 });
  // Each fact that Retell has had to tell, once, by the one way or the other.
  const told = retell.calls().map((call) => (call.start_timestamp ? 1 : 0) + 1 + (call.call_analysis ? 1 : 0));
  expect(webhook + reconciliation).toBe(told.reduce((a, b) => a + b, 0));
  expect(Math.min(webhook, reconciliation)).toBeGreaterThan(CALLS / 4);

  // Nothing of what Retell has is news any more.
  expect(await run()).toMatchObject({ recorded: 0 });

  // A day later, also what Retell never analysed is final.
  const log = patientLog(store.url);
  const tomorrow = startReconciliation({
    ...{ log, databaseUrl: database.url, retellBaseUrl: retell.url, retellApiKeyOf: () => retell.apiKey },
    ...{
      tenants: directory([tenant('default', [])]),
      recorder: openRecorder(log, 5000),
      logger: pino({ level: 'silent' }),
    },
    ...{ everyMinutes: 15, afterMinutes: 30, scheduled: false, now: () => Date.now() + 25 * 3_600_000 },
    pace: { requestsPerSecond: 500 },
  });
  cleanUp.push(
    () => log.close(),
    () => tomorrow.stop(),
  );
  const report = await eventually(async () => {
    const ran = await tomorrow.runNow();
    return ran !== 'busy' && ran;
  });
  expect(report.tenants[0]!.closed).toBe(orders.filter(({ story }) => story.name === 'analysis lost').length);
  await expect.poll(() => wrong(1), { timeout: 60_000, interval: 500 }).toEqual([]);

  const taken = retell.deliveries.filter(({ statuses }) => statuses.at(-1) === 204).length;
  if (process.env.RECONCILIATION_CALLS)
    console.info(
      `${CALLS} calls, ${told.reduce((a, b) => a + b, 0)} webhooks due, ${retell.deliveries.length} of them sent, ` +
        `${taken} taken; service away for ${((back - killed) / 1000).toFixed(1)} s; ` +
        `${webhook} facts by webhook, ${reconciliation} by reconciliation; ` +
        `last run: ${last.total} calls asked for, ${last.recorded} facts recorded, ${((reconciled - played) / 1000).toFixed(1)} s ` +
        `after ${((played - began) / 1000).toFixed(1)} s of calls.`,
    );
}, 300_000);
