import { afterAll, beforeAll, expect, test } from 'vitest';
import { projections } from '../../src/projections/index.ts';
import { type RunningProjections, startProjections } from '../../src/projections/runtime/start.ts';
import { analyzed, archived, ended, minute, placed, registered, requested, started, TENANT } from './controls.ts';
import { logger, type Stores, startStores } from './stores.ts';

let stores: Stores;
let running: RunningProjections;

beforeAll(async () => {
  stores = await startStores();
  const { log, databaseUrl } = stores;
  running = await startProjections({ log, databaseUrl, projections: projections(), logger });
});
afterAll(async () => {
  await running?.stop();
  await stores?.stop();
});

const rows = async (view: string) => (await stores.pool.query(`select * from ${view}`)).rows;

test('what is appended is soon seen in every view', async () => {
  const about = { callSessionId: 'cs_1', appointmentId: 'apt_1', direction: 'outbound' as const };
  const position = await stores.say(
    requested({ toNumber: '+4930123', appointmentId: 'apt_1' }),
    placed(),
    started({ ...about, startedAt: minute(0) }),
    ended({ ...about, disconnectionReason: 'user_hangup', endedAt: minute(1) }),
    analyzed({
      ...about,
      flags: { appointment_rescheduled: true },
      personal: { summary: 'moved\u0000 \ud800', custom: { new_appointment_datetime: '2026-03-01T10:00:00+01:00' } },
    }),
    archived(),
    registered({ note: 'window seat' }, 'apt_2'),
  );
  expect(await running.waitUntilCaughtUp(position, 5000)).toBe(true);
  expect(await rows('call_sessions')).toMatchObject([
    {
      tenant_id: TENANT,
      id: 'cs_1',
      status: 'rescheduled',
      status_reason: 'appointment_rescheduled',
      retell_call_ids: ['call_1'],
      customer_phone: '+4930123',
      archived: true,
      revision: 6,
      analysis_json: { summary: 'moved\ufffd \ufffd', custom: { appointment_rescheduled: true } },
      started_at: new Date(minute(0)),
    },
  ]);
  expect(await rows('call_session_calls')).toEqual([{ tenant_id: TENANT, call_id: 'call_1', session_id: 'cs_1' }]);
  expect(await rows('appointments order by id')).toMatchObject([
    { id: 'apt_1', status: 'rescheduled', starts_at: new Date('2026-03-01T09:00:00Z'), decided_by_call_id: 'call_1' },
    { id: 'apt_2', status: 'scheduled', notes_json: [{ text: 'window seat' }] },
  ]);
  expect((await rows('deliveries order by position')).map((row) => row.event)).toEqual([
    'CallStarted',
    'CallEnded',
    'CallAnalyzed',
    'CallArchived',
  ]);
  expect(running.status()).toMatchObject(
    ['call_sessions', 'appointments', 'deliveries'].map((name) => ({
      name,
      version: 1,
      generation: 1,
      state: 'live',
      leader: true,
      lagEvents: 0,
      lagSeconds: 0,
      caughtUp: true,
    })),
  );
});
