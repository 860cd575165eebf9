import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { queueTest, recordAttempt } from '../../../src/reactions/outgoing-webhooks/deliveries.ts';
import { markOf } from '../../../src/reactions/outgoing-webhooks/marks.ts';
import { analyzed, TENANT } from '../../projections/controls.ts';
import { inbound, staffSays } from '../../projections/tickets-controls.ts';
import { type Scene, soon, startScene } from './scene.ts';

// What a crash, a lost Postgres or a rebuild leaves of the news.

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
const callsIn = (received: readonly { readonly data: Readonly<Record<string, unknown>> }[]) =>
  received.map(({ data }) => data.callId);

test('what was sent and not recorded is sent again, under the same id', async () => {
  scene.start();
  const endpoint = await scene.endpoint('call.outcome.changed');
  endpoint.answers(() => 'nothing');
  await scene.say(confirmed(newCall()));
  await soon(() => expect(endpoint.received).toHaveLength(1));
  await scene.stopAll(); // with the message under way
  endpoint.answers(() => 204);
  scene.start();
  await soon(async () => expect(await scene.states(endpoint.endpointId)).toEqual(['delivered']));
  const [first, second] = endpoint.received;
  expect([second!.id, second!.body]).toEqual([first!.id, first!.body]);
});

test('while nothing sends, nothing is lost: it goes on where it was, from before the first start on', async () => {
  const endpoint = await scene.endpoint('call.outcome.changed');
  const some = [newCall(), newCall(), newCall()];
  await scene.shown(await scene.say(confirmed(some[0]!)));
  scene.start();
  await soon(() => expect(callsIn(endpoint.received)).toEqual([some[0]]));
  await scene.stopAll();
  await scene.shown(await scene.say(confirmed(some[1]!)));
  scene.start();
  await scene.say(confirmed(some[2]!));
  await soon(() => expect(callsIn(endpoint.received).toSorted()).toEqual(some));
});

test('a lost Postgres loses no news, and what was answered is not sent again', async () => {
  scene.start({ retrySeconds: [60] });
  const endpoint = await scene.endpoint('call.outcome.changed', 'ticket.changed');
  const [well, failing, waiting] = [newCall(), newCall(), newCall()];
  endpoint.answers(({ data }) => (data.callId === failing ? 500 : 204));
  await scene.say(confirmed(well), confirmed(failing));
  await soon(() => expect(endpoint.received.length).toBeGreaterThan(1));
  await soon(async () => expect((await markOf(scene.log, endpoint.key))?.open.size).toBe(1));
  await scene.stopAll();
  // Nobody sends this before Postgres is lost.
  await scene.say(confirmed(waiting), analyzed({}, inbound, well), staffSays('closed', '', well));
  const before = endpoint.received.length;
  const ids = new Map(endpoint.received.map(({ data, id }) => [data.callId, id]));

  await scene.losePostgres();
  endpoint.answers(() => 204);
  scene.start();
  await soon(() => expect(endpoint.received.length).toBe(before + 3));
  await soon(async () => expect(await scene.states(endpoint.endpointId)).toEqual(Array(3).fill('delivered')));
  const after = endpoint.received.slice(before);
  expect(after.map(({ type, data }) => `${type} ${data.callId}`).toSorted()).toEqual([
    `call.outcome.changed ${failing}`,
    `call.outcome.changed ${waiting}`,
    `ticket.changed ${well}`,
  ]);
  expect(after.find(({ data }) => data.callId === failing)!.id).toBe(ids.get(failing));
});

test('a rebuild sends nothing twice', async () => {
  scene.start();
  const endpoint = await scene.endpoint('call.outcome.changed');
  await scene.say(confirmed(newCall()));
  await soon(async () => expect(await scene.states(endpoint.endpointId)).toEqual(['delivered']));
  await scene.rebuild();
  const marker = newCall();
  await scene.say(confirmed(marker));
  await soon(() => expect(callsIn(endpoint.received)).toContain(marker));
  expect(endpoint.received).toHaveLength(2);
});

test('where only the queue’s jobs are lost, what waits is found again', async () => {
  scene.start();
  const endpoint = await scene.endpoint('call.outcome.changed');
  endpoint.answers(() => 503);
  await scene.say(confirmed(newCall()));
  await soon(() => expect(endpoint.received.length).toBeGreaterThan(0));
  await scene.stopAll();
  await scene.pool.query("delete from pgboss.job where name = 'outgoing-webhooks'");
  endpoint.answers(() => 204);
  scene.start();
  await soon(async () => expect(await scene.states(endpoint.endpointId)).toEqual(['delivered']));
});

test('two processes send each message once, and another goes on when one ends', async () => {
  const one = scene.start();
  scene.start();
  const endpoint = await scene.endpoint('call.outcome.changed');
  const some = Array.from({ length: 10 }, newCall);
  await scene.say(...some.map(confirmed));
  await soon(() => expect(callsIn(endpoint.received).toSorted()).toEqual(some.toSorted()));
  await one.stop();
  const next = newCall();
  await scene.say(confirmed(next));
  await soon(() => expect(callsIn(endpoint.received)).toContain(next));
  expect(endpoint.received).toHaveLength(11);
});

test('an attempt that ends after its delivery was settled changes nothing of it', async () => {
  const outgoing = scene.start();
  const endpoint = await scene.endpoint('call.outcome.changed');
  await scene.changes.changeWebhookEndpoint(TENANT, { endpointId: endpoint.endpointId, state: 'paused' });
  await soon(async () => expect(outgoing.status().state).toBe('following'));
  const { id } = await queueTest(outgoing.db, endpoint.key);
  await recordAttempt(outgoing.db, id, { state: 'delivered', status: 200 });
  await recordAttempt(outgoing.db, id, { state: 'dead', status: 500 });
  const { rows } = await sql<{ state: string; attempts: number }>`
    select state, attempts from reactions.webhook_deliveries where id::text = ${id}`.execute(outgoing.db);
  expect(rows).toEqual([{ state: 'delivered', attempts: 1 }]);
});

test('what a parked stream has changed is sent when it is redriven', async () => {
  scene.start();
  const endpoint = await scene.endpoint('call.outcome.changed');
  const [broken, well] = [newCall(), newCall()];
  await scene.say(confirmed(well));
  await soon(() => expect(endpoint.received).toHaveLength(1));
  scene.breakOn(broken);
  await scene.say(confirmed(broken), confirmed(newCall()));
  await soon(() => expect(endpoint.received).toHaveLength(2));
  await soon(async () => expect((await scene.pool.query('select from reactions.webhook_parked')).rowCount).toBe(1));
  expect(callsIn(endpoint.received)).not.toContain(broken);
  scene.breakOn(undefined);
  await scene.pool.query('update projection.parked set redrive_requested_at = now()');
  await soon(() => expect(callsIn(endpoint.received)).toContain(broken));
  expect(endpoint.received).toHaveLength(3);
});
