import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { EventLog } from '../../../src/events/event-log.ts';
import { startProjections } from '../../../src/projections/engine/start.ts';
import { projections } from '../../../src/projections/index.ts';
import type { ReadModel } from '../../../src/projections/tables.ts';
import { randomFrom } from '../../../src/retell-emulator/random.ts';
import { type Retell, startRetell } from '../../../src/retell-emulator/start.ts';
import { reminders } from '../../../src/retell-emulator/stories.ts';
import { patientLog } from '../../support/patient-log.ts';
import { createTestDatabase } from '../../support/postgres.ts';
import { type Door, KEY, openDoor, type Store, startStore } from '../webhooks/door.ts';
import { type CallsService, callsService, newRequest } from './scene.ts';

// A1 from end to end: what was asked for, what Retell really did, and what the read model says of it.

const logger = pino({ level: 'silent' });
const stopping = new AbortController();
let store: Store;
let log: EventLog;
let door: Door;
let retell: Retell;
let service: CallsService;
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let running: Awaited<ReturnType<typeof startProjections>>;
let db: Kysely<ReadModel>;
beforeAll(async () => {
  store = await startStore();
  log = patientLog(store.url);
  door = await openDoor(log);
  retell = await startRetell({ seed: 7 });
  // All at once: each has the time that it needs.
  const times = {
    ...{ createTimeoutMs: 3_000, settledAfterMs: 60_000, listTimeoutMs: 20_000 },
    ...{ lookForMs: 60_000, answerWithinMs: 20_000 },
  };
  service = await callsService(log, { retellUrl: retell.url, times });
  database = await createTestDatabase(inject('postgresUrl'));
  db = new Kysely<ReadModel>({
    dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: database.url }) }),
  });
  running = await startProjections({
    log,
    databaseUrl: database.url,
    ...{ projections, logger },
    signal: stopping.signal,
  });
});
afterAll(async () => {
  await service?.close();
  await retell?.stop();
  await door?.close();
  stopping.abort();
  await running?.stop();
  await db?.destroy();
  await log?.close();
  await database?.drop();
  await store?.remove();
});

const sessionOf = (id: string) =>
  db.selectFrom('call_sessions').selectAll().where('tenant_id', '=', 'default').where('id', '=', id).execute();

test('however answers and webhooks come, each session says what became of its call', async () => {
  const random = randomFrom(3);
  retell.webhooksTo({
    url: `${door.url}/api/webhooks/retell`,
    key: KEY,
    fate: () => ({ delayMs: random.below(300), duplicates: random.below(2) }),
  });
  const asked = reminders.flatMap((story) =>
    [0, 1].map(() => {
      const request = newRequest({ appointmentId: `apt_${random.below(1e9)}` });
      retell.tell(request.callSessionId, story.name);
      return { request, story };
    }),
  );
  const fates = [{}, { answer: 'cut' }, { delayAfterMs: 250 }, { answer: 'half' }] as const;
  retell.next(...asked.map(() => random.pick(fates)));
  const answers = await Promise.all(asked.map(({ request }) => service.post(request)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  await retell.quiet();

  for (const { request, story } of asked) {
    const id = request.callSessionId;
    const { call } = retell.truth(id)[0]!;
    const facts = story.analysis === undefined ? 4 : story.connected ? 5 : 4;
    await expect.poll(async () => (await sessionOf(id))[0]?.revision, { timeout: 30_000 }).toBe(facts);
    const [session, ...others] = await sessionOf(id);
    expect(others).toEqual([]);
    expect(session, story.name).toMatchObject({
      status: story.expected.status,
      status_reason: story.expected.reason,
      retell_call_id: call.call_id,
      retell_call_ids: [call.call_id],
      disconnection_reason: call.disconnection_reason,
    });
    expect(retell.dials(id)).toBe(1);
  }
});

test('a refusal shows as failed, with its reason', async () => {
  const request = newRequest({ appointmentId: 'apt_refused' });
  retell.next({ answer: { status: 402 } });
  await service.post(request);
  await expect.poll(async () => (await sessionOf(request.callSessionId))[0]?.status).toBe('failed');
  expect((await sessionOf(request.callSessionId))[0]).toMatchObject({
    status_reason: 'retell_payment_required',
    retell_call_ids: [],
  });
});

test('the answer from the log says what the read model will say', async () => {
  const request = newRequest({ agentId: 'agent_1', contactId: 'con_1', appointmentId: 'apt_same' });
  retell.webhooksTo(undefined);
  const { body } = await service.post(request);
  await expect.poll(async () => (await sessionOf(request.callSessionId))[0]?.revision).toBe(2);
  const { callSessionOf } = await import('../../../src/read-api/call-session.ts');
  expect(body).toEqual(JSON.parse(JSON.stringify(callSessionOf((await sessionOf(request.callSessionId))[0]!))));
});
