import fc from 'fast-check';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { eraseStream } from '../../../src/erasure/erase-stream.ts';
import { callStream } from '../../../src/events/streams.ts';
import { queueTest, replay, retry } from '../../../src/reactions/outgoing-webhooks/deliveries.ts';
import { measureOutgoing } from '../../../src/reactions/outgoing-webhooks/metrics.ts';
import { analyzed, changed, ended, requested, started, TENANT } from '../../projections/controls.ts';
import { inbound, staffSays } from '../../projections/tickets-controls.ts';
import { type Scene, soon, startScene } from './scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterEach(async () => {
  await scene.reset();
});
afterAll(() => scene.stop());

let calls = 0;
const newCall = () => `call_${++calls}`;
const confirmed = (call: string) => analyzed({ flags: { appointment_confirmed: true } }, {}, call);

test('what changes is sent once, signed, with what the live feed or the query API shows', async () => {
  scene.start();
  const { received, verified, secret } = await scene.endpoint(
    ...(['call.outcome.changed', 'appointment.changed', 'ticket.opened', 'ticket.changed'] as const),
  );
  const call = newCall();
  const about = { appointmentId: 'apt_sent', callSessionId: 'cs_sent' };
  await scene.say(
    started(about, inbound, call),
    ended(about, inbound, call),
    analyzed({ ...about, flags: { appointment_confirmed: true, action_required: true } }, inbound, call),
    staffSays('closed', '', call),
    changed({ status: 'cancelled' }, 'apt_sent'),
  );
  await soon(() => expect(received).toHaveLength(5));
  const ids = { tenantId: TENANT, appointmentId: 'apt_sent' };
  const ticket = { tenantId: TENANT, id: `tkt_${call}`, callId: call, sessionId: 'cs_sent' };
  expect(received.map(({ type, data }) => ({ type, data }))).toEqual(
    expect.arrayContaining([
      {
        type: 'call.outcome.changed',
        data: expect.objectContaining({ ...ids, callId: call, outcome: 'confirmed', sessionId: 'cs_sent' }),
      },
      { type: 'appointment.changed', data: expect.objectContaining({ ...ids, status: 'confirmed' }) },
      { type: 'ticket.opened', data: expect.objectContaining({ ...ticket, status: 'new', setBy: 'rule' }) },
      { type: 'ticket.changed', data: expect.objectContaining({ ...ticket, status: 'closed', setBy: 'staff' }) },
      { type: 'appointment.changed', data: expect.objectContaining({ ...ids, status: 'cancelled' }) },
    ]),
  );
  expect(new Set(received.map(({ id }) => id)).size).toBe(5);
  expect(verified(secret)).toHaveLength(5);
});

test('a call’s news comes in the order of the log, and the next as soon as the one before has failed once', async () => {
  scene.start();
  const endpoint = await scene.endpoint('call.outcome.changed', 'ticket.opened', 'ticket.changed');
  const { received, answers } = endpoint;
  let failed = 0;
  answers(() => (failed++ === 0 ? 500 : 204));
  const call = newCall();
  const required = analyzed({ flags: { action_required: true }, inVoicemail: true }, inbound, call);
  await scene.say(ended({}, inbound, call), required, staffSays('contacted', '', call), staffSays('closed', '', call));
  await soon(async () => expect(await scene.states(endpoint.endpointId)).toEqual(Array(4).fill('delivered')));
  const firsts = received.filter(({ id }, i) => received.findIndex((one) => one.id === id) === i);
  const types = ['call.outcome.changed', 'ticket.opened', 'ticket.changed', 'ticket.changed'];
  expect(firsts.map(({ type }) => type)).toEqual(types);
  const again = received.filter(({ id }) => id === firsts[0]!.id);
  expect(again.map(({ body }) => body)).toEqual([firsts[0]!.body, firsts[0]!.body]);
});

test('whatever is answered, each call’s news is first sent in the order of the log, one behind the other', async () => {
  const seed = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000_000);
  const random = fc.sample(fc.integer({ min: 0, max: 99 }), { numRuns: 400, seed });
  const next = () => random.pop() ?? 0;
  scene.start({ retrySeconds: Array(30).fill(0), pace: { answerMs: 300 } });
  const endpoint = await scene.endpoint('ticket.opened', 'ticket.changed');
  /** When the first attempt at each message was answered; 0: it was not. */
  const ends = new Map<string, number>();
  endpoint.answers(async ({ id }) => {
    const chance = next();
    const isFirst = !ends.has(id);
    if (isFirst) ends.set(id, 0);
    if (chance < 10) return 'nothing';
    await new Promise((resolve) => setTimeout(resolve, chance));
    if (isFirst) ends.set(id, Date.now());
    return chance < 40 ? 500 : 204;
  });
  const some = Array.from({ length: 5 }, newCall);
  const opened = some.map((call) => analyzed({ flags: { action_required: true } }, inbound, call));
  const steps = Array.from({ length: 30 }, () => some[next() % 5]!);
  const statuses = ['contacted', 'closed', 'qualified', 'resolved'] as const;
  const said = steps.map((call, i) => staffSays(statuses[i % 4]!, `${i}`, call));
  await scene.say(...opened, ...said);
  const all = async () => (await scene.states(endpoint.endpointId)).filter((state) => state === 'delivered').length;
  await soon(async () => expect(await all()).toBeGreaterThan(20));
  await soon(async () => expect(await scene.states(endpoint.endpointId)).not.toContain('pending'));
  const { rows } = await scene.pool.query<{ call_id: string; position: string; status: string }>(
    'select call_id, position, status from ticket_changes where call_id = any($1) order by position',
    [some],
  );
  for (const call of some) {
    const theirs = endpoint.received.filter(({ data }) => data.callId === call);
    const firsts = theirs.filter(({ id }, i) => theirs.findIndex((one) => one.id === id) === i);
    expect(
      firsts.map(({ data }) => data.status),
      `TEST_SEED=${seed}`,
    ).toEqual(rows.filter(({ call_id }) => call_id === call).map(({ status }) => status));
    for (const [i, one] of firsts.entries())
      if (i > 0) expect(one.at, `TEST_SEED=${seed}`).toBeGreaterThanOrEqual(ends.get(firsts[i - 1]!.id)!);
  }
});

test('an endpoint that hangs holds up no other, nor does a call that fails hold up others', async () => {
  scene.start();
  const hanging = await scene.endpoint('call.outcome.changed');
  hanging.answers(() => 'nothing');
  const well = await scene.endpoint('call.outcome.changed');
  const some = Array.from({ length: 12 }, newCall);
  well.answers(({ data }) => (data.callId === some[0] ? 503 : 204));
  await scene.say(...some.map(confirmed));
  await soon(() => expect(new Set(well.received.map(({ data }) => data.callId)).size).toBe(12));
  expect(hanging.received.length).toBeLessThan(12);
});

test('what fails is tried again on the schedule, then given up, and can be sent again', async () => {
  const outgoing = scene.start();
  const endpoint = await scene.endpoint('call.outcome.changed');
  endpoint.answers(() => 500);
  await scene.say(confirmed(newCall()));
  await soon(async () => expect(await scene.states(endpoint.endpointId)).toEqual(['dead']));
  expect(endpoint.received).toHaveLength(4);
  expect(new Set(endpoint.received.map(({ id }) => id)).size).toBe(1);
  const gaps = endpoint.received.slice(1).map(({ at }, i) => at - endpoint.received[i]!.at);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(990);
  expect(await outgoing.failing()).toMatchObject([endpoint.key]);
  expect(await outgoing.unsent()).toMatchObject({ dead: 1 });
  const registry = new Registry();
  measureOutgoing(registry, outgoing);
  const series = `failing_seconds{tenant="${TENANT}",endpoint="${endpoint.endpointId}"} `;
  const seconds = Number((await registry.metrics()).split(series)[1]?.split('\n')[0]);
  expect(seconds).toBeGreaterThanOrEqual((endpoint.received[3]!.at - endpoint.received[1]!.at) / 1000);

  endpoint.answers(() => 200);
  const { rows } = await scene.pool.query('select id from reactions.webhook_deliveries where endpoint_id = $1', [
    endpoint.endpointId,
  ]);
  expect(await retry(outgoing.db, endpoint.key, 'nonsense')).toBeUndefined();
  expect(await retry(outgoing.db, endpoint.key, rows[0].id)).toMatchObject({ state: 'pending', attempts: 4 });
  await outgoing.wake(endpoint.key);
  await soon(async () => expect(await scene.states(endpoint.endpointId)).toEqual(['delivered']));
  expect(await outgoing.failing()).toEqual([]);
  expect(await registry.metrics()).not.toContain(series);
});

test('Retry-After is waited out', async () => {
  scene.start({ retrySeconds: [0, 0] });
  const endpoint = await scene.endpoint('call.outcome.changed');
  endpoint.answers(() => (endpoint.received.length === 1 ? [429, { 'retry-after': '2' }] : 204));
  await scene.say(confirmed(newCall()));
  await soon(() => expect(endpoint.received).toHaveLength(2));
  expect(endpoint.received[1]!.at - endpoint.received[0]!.at).toBeGreaterThanOrEqual(1990);
});

test('410 is final, and pauses; what changes meanwhile is not queued, and a replay brings it', async () => {
  const outgoing = scene.start();
  const endpoint = await scene.endpoint('call.outcome.changed');
  const { endpointId, key, received } = endpoint;
  endpoint.answers(() => 410);
  await scene.say(confirmed(newCall()));
  await soon(async () => expect(await scene.states(endpointId)).toEqual(['dead']));
  await soon(() =>
    expect(scene.directory.webhookEndpoints(TENANT)).toMatchObject([{ state: 'paused', pausedBecause: 'gone' }]),
  );
  endpoint.answers(() => 204);
  const missed = newCall();
  const after = await scene.say(confirmed(missed));
  // Tests come also while it is paused.
  const tests = [await queueTest(outgoing.db, key), await queueTest(outgoing.db, key)];
  await outgoing.wake(key);
  await soon(() => expect(received.filter(({ type }) => type === 'endpoint.test')).toHaveLength(tests.length));
  expect(new Set(received.map(({ id }) => id)).size).toBe(3);

  await scene.changes.changeWebhookEndpoint(TENANT, { endpointId, state: 'active' });
  const marker = newCall();
  await scene.say(confirmed(marker));
  await soon(() => expect(received.at(-1)!.data.callId).toBe(marker));
  expect(received.map(({ data }) => data.callId)).not.toContain(missed);

  expect(await replay(outgoing.db, key, ['call.outcome.changed'], { position: after - 1n })).toBe(2);
  await outgoing.wake(key);
  await soon(() => expect(received.filter(({ data }) => data.callId === missed)).toHaveLength(1));
  await soon(() => expect(received.filter(({ data }) => data.callId === marker)).toHaveLength(2));
  expect(new Set(received.filter(({ data }) => data.callId === marker).map(({ id }) => id)).size).toBe(1);
});

test('a replay reaches what is older than the endpoint, from a time or behind a position', async () => {
  const old = newCall();
  const position = await scene.say(requested({ appointmentId: 'apt_old' }, 'cs_old'), confirmed(old));
  await scene.shown(position);
  const [event] = [await scene.log.at(position)];
  const outgoing = scene.start();
  const { key, received } = await scene.endpoint('call.outcome.changed');
  await scene.say(confirmed(newCall()));
  await soon(() => expect(received).toHaveLength(1));
  const time = new Date(event!.recordedAt);
  expect(await replay(outgoing.db, key, ['call.outcome.changed'], { time })).toBe(2);
  expect(await replay(outgoing.db, key, ['call.outcome.changed'], { position })).toBe(1);
  expect(await replay(outgoing.db, key, ['ticket.opened'], { time })).toBe(0);
  await outgoing.wake(key);
  await soon(() => expect(received.map(({ data }) => data.callId)).toContain(old));
});

test('what is sent again of a ticket after its call was erased says so, and names nobody', async () => {
  const outgoing = scene.start();
  const { key, received } = await scene.endpoint('ticket.opened');
  const call = newCall();
  const withCustomer = { flags: { action_required: true }, personal: { fromNumber: '+4930123456' } };
  const position = await scene.say(analyzed(withCustomer, inbound, call));
  await soon(() => expect(received).toHaveLength(1));
  expect(received[0]!.data).toMatchObject({ customerId: expect.any(String) });
  expect(received[0]!.data).not.toHaveProperty('erased');

  const erasure = { id: 'ers_1', by: 'admin', requestedAt: '2026-02-01T00:00:00.000Z' } as const;
  await eraseStream(scene.log, callStream(TENANT, call), { erasure, now: Date.now });
  await scene.shown((await scene.log.head())!);
  expect(await replay(outgoing.db, key, ['ticket.opened'], { position: position - 1n })).toBe(1);
  await outgoing.wake(key);
  await soon(() => expect(received).toHaveLength(2));
  expect(received[1]).toMatchObject({ id: received[0]!.id, data: { callId: call, status: 'new', erased: true } });
  expect(received[1]!.data).not.toHaveProperty('customerId');
});

test('both secrets sign after a rotation', async () => {
  scene.start();
  const { endpointId, secret: old, verified, received } = await scene.endpoint('call.outcome.changed');
  const othersUntil = new Date(Date.now() + 3_600_000).toISOString();
  const rotated = await scene.changes.rotateWebhookSecret(TENANT, { endpointId, othersUntil });
  await scene.say(confirmed(newCall()));
  await soon(() => expect(received).toHaveLength(1));
  for (const secret of [old, rotated.secret]) expect(verified(secret)).toHaveLength(1);
});
