import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type EventStoreProcess, spawnEventStore } from '../../../src/embedded/event-store/spawn.ts';
import { connectEventLog, type EventLog, EventStoreUnavailable } from '../../../src/events/event-log.ts';
import { type Relay, relayTo } from '../../support/relay.ts';
import { dataDirectory } from '../../support/service.ts';
import { type Door, ended, newCallId, openDoor } from './door.ts';

let directory: Awaited<ReturnType<typeof dataDirectory>>;
let store: EventStoreProcess;
let relay: Relay;
let log: EventLog;
let door: Door;
/** The same with shorter patience, where its length is not the point. */
let hasty: Door;
const unhandled: unknown[] = [];
const note = (error: unknown) => void unhandled.push(error);
beforeAll(async () => {
  process.on('unhandledRejection', note);
  directory = await dataDirectory();
  store = await spawnEventStore({ dataDir: directory.path });
  relay = await relayTo(store.url);
  log = connectEventLog(relay.url);
  door = await openDoor(log, { config: { storeTimeoutMs: 5000 } });
  hasty = await openDoor(log, { config: { storeTimeoutMs: 700 } });
});
afterAll(async () => {
  expect(unhandled).toEqual([]);
  process.off('unhandledRejection', note);
  await door.close();
  await hasty.close();
  await log.close();
  await relay.stop();
  await store.stop();
  await directory.remove();
});

/** Posts until it is taken, as Retell would if it were patient. */
async function postUntilTaken(to: Door, body: object): Promise<void> {
  for (let i = 0; i < 40; i++) {
    if ((await to.post(body)).status === 204) return;
    await sleep(100);
  }
  throw new Error('never taken');
}
const stored = async (callId: string) => [
  (await log.read(`call-default.${callId}`)).length,
  (await log.read(`evidence-default.${callId}`)).length,
];

describe('an event store', () => {
  test('that cannot be reached: 503 with Retry-After well within the time Retell waits; then one fact', async () => {
    const body = ended(newCallId());
    relay.close();
    const started = performance.now();
    const answer = await door.post(body);
    expect(performance.now() - started).toBeLessThan(10_000);
    expect([answer.status, answer.code, answer.headers.get('retry-after')]).toEqual([
      503,
      'event_store_unavailable',
      '1',
    ]);
    expect(door.logged().at(-1)).toMatchObject({ reason: 'store_unavailable', handler: 'retell' });
    relay.open();
    await postUntilTaken(door, body);
    expect(await stored(body.call.call_id)).toEqual([1, 1]);
  });

  test('that does not answer: 503 in time, and what was written meanwhile is not written again', async () => {
    const body = ended(newCallId());
    relay.hold('server');
    const started = performance.now();
    const answers = await Promise.all(Array.from({ length: 20 }, () => hasty.post(body)));
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    relay.release();
    await postUntilTaken(door, body);
    expect(await stored(body.call.call_id)).toEqual([1, 1]);
  });

  test.each(['client', 'server'] as const)(
    'whose answers come after we stopped waiting (%s held): one fact',
    async (side) => {
      const bodies = Array.from({ length: 10 }, () => ended(newCallId()));
      relay.hold(side);
      const answers = await Promise.all(bodies.map((body) => hasty.post(body)));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
      const again = Promise.all(bodies.map((body) => hasty.post({ ...body, event_timestamp: 1_793_613_600_000 })));
      await sleep(100);
      relay.release();
      await again;
      for (const body of bodies) {
        await postUntilTaken(hasty, body);
        const [facts, evidence] = await stored(body.call.call_id);
        expect(facts).toBe(1);
        // Each wording has its own evidence, where the first one's arrives while the second is decided.
        expect([1, 2]).toContain(evidence);
      }
    },
  );

  test('whose answer was lost is asked what it holds before anything is sent again', async () => {
    const appended: string[] = [];
    const forgetful: EventLog = {
      ...log,
      async append(stream, expected, events) {
        appended.push(stream);
        const result = await log.append(stream, expected, events);
        if (appended.filter((name) => name === stream).length === 1)
          throw new EventStoreUnavailable('the answer was lost');
        return result;
      },
    };
    const other = await openDoor(forgetful, { config: { storeTimeoutMs: 5000 } });
    const body = ended(newCallId());
    expect((await other.post(body)).status).toBe(204);
    expect(appended).toEqual([`evidence-default.${body.call.call_id}`, `call-default.${body.call.call_id}`]);
    await other.close();
  });

  test('that cannot follow: so many deliveries wait for it, what comes on top is refused at once', async () => {
    const { promise: follows, resolve: follow } = Promise.withResolvers<void>();
    const asked = new Set<string>();
    const append: EventLog['append'] = async (stream, ...what) => {
      asked.add(stream);
      await follows;
      return log.append(stream, ...what);
    };
    const other = await openDoor({ ...log, append }, { config: { mostWaiting: 20 } });
    const waiting = Array.from({ length: 20 }, () => other.post(ended(newCallId())));
    await expect.poll(() => asked.size).toBe(20); // each its evidence
    const refused = await other.post(ended(newCallId()));
    expect([refused.status, refused.code, refused.headers.get('retry-after')]).toEqual([503, 'overloaded', '1']);
    expect((await other.post(ended(newCallId()), { key: 'foreign' })).status).toBe(401);
    const acmes = other.post(ended(newCallId()), { path: '/t/acme/api/webhooks/retell', key: 'acme-secret-one' });
    await expect.poll(() => asked.size).toBe(21); // another tenant has places of its own
    follow();
    expect((await acmes).status).toBe(204);
    expect(new Set((await Promise.all(waiting)).map(({ status }) => status))).toEqual(new Set([204]));
    expect((await other.post(ended(newCallId()))).status).toBe(204);
    await other.close();
  });

  test('that hangs leaves no backlog: who was refused while waiting for his turn does not keep the next one waiting', async () => {
    const other = await openDoor(log, { config: { storeTimeoutMs: 300 } });
    const callId = newCallId();
    relay.hold('client');
    const answers = await Promise.all(
      Array.from({ length: 5 }, (_, i) => other.post(ended(callId, { agent_name: `agent ${i}` }))),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    const started = performance.now();
    await other.drain();
    expect(performance.now() - started).toBeLessThan(10_000); // one read that is given up after 3 s, not five
    relay.release();
    await other.close();
  });

  test('that is gone for a moment: nobody notices', async () => {
    const patient = await openDoor(log);
    relay.close();
    const body = ended(newCallId());
    const answer = patient.post(body);
    await sleep(300); // how long it is gone
    relay.open();
    expect((await answer).status).toBe(204);
    expect(await stored(body.call.call_id)).toEqual([1, 1]);
    await patient.close();
  });

  test('that is cut off again and again under load: what was answered 204 is there, and nothing is there twice', async () => {
    const bodies = Array.from({ length: 60 }, (_, i) => ended(`${newCallId()}_${i % 6}`));
    let [going, taken] = [true, 0];
    const trouble = (async () => {
      while (going) {
        // On a busy machine nothing would ever come through in so short a time.
        const before = taken;
        await sleep(60);
        for (let i = 0; i < 50 && going && taken === before; i++) await sleep(20);
        relay.cut();
      }
    })();
    await Promise.all(
      bodies.map(async (body, i) => {
        await sleep(i * 8);
        if ((await door.post(body)).status === 204) taken += 1;
      }),
    );
    going = false;
    await trouble;
    expect(taken).toBeGreaterThan(0);
    for (const body of bodies) {
      await postUntilTaken(door, body);
      expect((await stored(body.call.call_id))[0]).toBe(1);
    }
  });

  test('that is killed and started again on its data: nothing acknowledged is lost, nothing is there twice', async () => {
    const port = Number(new URL(store.url).port);
    const bodies = Array.from({ length: 100 }, () => ended(newCallId()));
    const posting = Promise.all(
      bodies.map(async (body, i) => {
        await sleep(i * 5);
        return (await door.post(body)).status;
      }),
    );
    await sleep(250);
    await store.kill();
    store = await spawnEventStore({ dataDir: directory.path, port });
    const statuses = await posting;
    for (const [i, body] of bodies.entries())
      if (statuses[i] === 204) expect((await stored(body.call.call_id))[0], `call ${i}`).toBe(1);
    for (const body of bodies) {
      await postUntilTaken(door, body);
      expect((await stored(body.call.call_id))[0]).toBe(1);
    }
  });
});
