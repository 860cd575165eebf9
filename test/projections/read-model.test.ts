import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningProjections, startProjections } from '../../src/projections/engine/start.ts';
import { projections } from '../../src/projections/index.ts';
import {
  analyzed,
  archived,
  changed,
  ended,
  idOf,
  minute,
  placed,
  registered,
  requested,
  started,
  TENANT,
  textPart,
} from './controls.ts';
import { logger, type Stores, startStores } from './stores.ts';

let stores: Stores;
let running: RunningProjections;

beforeAll(async () => {
  stores = await startStores();
  const { log, databaseUrl } = stores;
  running = await startProjections({ log, databaseUrl, projections, logger });
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
  expect(await running.waitUntilCaughtUp(position, 30_000)).toBe(true);
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
  expect(await rows('call_session_calls')).toEqual([
    {
      tenant_id: TENANT,
      call_id: 'call_1',
      session_id: 'cs_1',
      placed_session_id: 'cs_1',
      matched_session_id: null,
      phones: null,
    },
  ]);
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
  expect(running.status().map(({ name }) => name)).toEqual(['calls', 'quarantine']);
  for (const status of running.status())
    expect(status).toMatchObject({
      generation: 1,
      state: 'live',
      leader: true,
      lagEvents: 0,
      lagSeconds: 0,
      caughtUp: true,
    });
});

test('a text in parts is whole even when a batch ends amid them', async () => {
  const whole = ended({ personalParts: 2 }, {}, 'call_long');
  const text = JSON.stringify({ transcript: 'a long talk' });
  const { log, databaseUrl, pool } = stores;
  await running.stop();
  await pool.query('drop schema projection cascade');
  const position = await stores.say(
    textPart(idOf(whole), 0, text.slice(0, 9), 'call_long'),
    textPart(idOf(whole), 1, text.slice(9), 'call_long'),
    whole,
  );
  running = await startProjections({
    log,
    databaseUrl,
    projections,
    logger,
    options: { maxBatch: 1 },
  });
  expect(await running.waitUntilCaughtUp(position, 30_000)).toBe(true);
  expect(await rows(`call_sessions where id = 'call:call_long'`)).toMatchObject([
    { transcript: 'a long talk', revision: 1 },
  ]);
  expect(await rows(`deliveries where call_id = 'call_long'`)).toMatchObject([{ event: 'CallEnded', revision: 2 }]);
});

test('a session id that becomes known late takes its call along', async () => {
  const first = await stores.say(started({}, {}, 'call_late'));
  expect(await running.waitUntilCaughtUp(first, 30_000)).toBe(true);
  expect(await rows(`call_sessions where retell_call_id = 'call_late'`)).toMatchObject([{ id: 'call:call_late' }]);
  const second = await stores.say(ended({ callSessionId: 'cs_late' }, {}, 'call_late'));
  expect(await running.waitUntilCaughtUp(second, 30_000)).toBe(true);
  expect(await rows(`call_sessions where retell_call_id = 'call_late'`)).toMatchObject([
    { id: 'cs_late', revision: 2 },
  ]);
  expect(await rows(`call_session_calls where call_id = 'call_late'`)).toMatchObject([{ session_id: 'cs_late' }]);
});

test('a call that names no appointment decides that of its session', async () => {
  const position = await stores.say(
    requested({ appointmentId: 'apt_s' }, 'cs_s'),
    analyzed({ callSessionId: 'cs_s', flags: { appointment_confirmed: true } }, {}, 'call_s'),
  );
  expect(await running.waitUntilCaughtUp(position, 30_000)).toBe(true);
  expect(await rows(`appointments where id = 'apt_s'`)).toMatchObject([
    { status: 'confirmed', decided_by_call_id: 'call_s' },
  ]);
});

test('an appointment has the time of the call that decided it: its start, else when its session became known', async () => {
  const confirmed = { flags: { appointment_confirmed: true } };
  const first = { callSessionId: 'cs_redialled', appointmentId: 'apt_redialled' };
  const position = await stores.say(
    analyzed({ ...first, ...confirmed, startedAt: minute(5) }, {}, 'call_decides'),
    ended({ ...first, startedAt: minute(9), disconnectionReason: 'voicemail_reached' }, {}, 'call_again'),
    requested({ appointmentId: 'apt_startless' }, 'cs_startless'),
    analyzed({ callSessionId: 'cs_startless', endedAt: minute(9), ...confirmed }, {}, 'call_startless'),
    analyzed({ appointmentId: 'apt_settled', ...confirmed, startedAt: minute(5) }, {}, 'call_settled'),
    changed({ status: 'cancelled' }, 'apt_settled'),
  );
  expect(await running.waitUntilCaughtUp(position, 30_000)).toBe(true);
  const [session] = await rows(`call_sessions where id = 'cs_startless'`);
  expect(session).toMatchObject({ started_at: null, created_at: expect.any(Date) });
  const ids = `('apt_redialled', 'apt_settled', 'apt_startless')`;
  expect(await rows(`appointments where id in ${ids} order by id`)).toMatchObject([
    { decided_by_call_id: 'call_decides', deciding_call_at: new Date(minute(5)) },
    { decided_by_call_id: null, deciding_call_at: null },
    { decided_by_call_id: 'call_startless', deciding_call_at: session.created_at },
  ]);
});

test('a session that a call has named and left has had its call, also when its request comes after that', async () => {
  const named = (callSessionId: string) => ({ callSessionId, direction: 'outbound' as const });
  const steps = [
    started(named('cs_left'), { occurredAt: minute(1) }, 'call_left'),
    ended(named('cs_then'), { occurredAt: minute(2) }, 'call_left'),
    requested({ toNumber: '+4915198765432' }, 'cs_left'),
    started({ direction: 'outbound', personal: { toNumber: '+4915198765432' } }, {}, 'call_stray'),
  ];
  for (const step of steps) expect(await running.waitUntilCaughtUp(await stores.say(step), 30_000)).toBe(true);
  expect(await rows(`call_session_calls where call_id = 'call_stray'`)).toMatchObject([
    { session_id: 'call:call_stray', matched_session_id: null },
  ]);
});
