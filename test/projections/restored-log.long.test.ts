import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { EventLog } from '../../src/events/event-log.ts';
import { connect } from '../../src/postgres/connection.ts';
import { findOperation, requestOperation } from '../../src/projections/engine/operations.ts';
import type { Projection } from '../../src/projections/engine/projection.ts';
import { type RunningProjections, startProjections } from '../../src/projections/engine/start.ts';
import { patientLog } from '../support/patient-log.ts';
import { type Relay, relayTo } from '../support/relay.ts';
import { ended, started } from './controls.ts';
import { logger, type Stores, startStores } from './stores.ts';
import { tally } from './tally.ts';

/** The log, a state of it that was restored and has grown past every checkpoint again, another one, and an empty one. */
let before: Stores;
let restored: Stores;
let other: Stores;
let empty: Stores;
let relay: Relay;
/** Of the log that the relay leads to. */
let log: EventLog;
const rowsBefore = ['call-acme.call_kept 1', 'call-acme.call_lost 1', 'call-acme.call_lost_2 1'];
const rowsRestored = [
  'call-acme.call_kept 1',
  ...Array.from({ length: 20 }, (_, n) => `call-acme.call_new_${10 + n} 2`),
];
beforeAll(async () => {
  [before, restored, other, empty] = (await Promise.all([1, 2, 3, 4].map(startStores))) as [
    ...[Stores, Stores, Stores, Stores],
  ];
  const kept = started({}, {}, 'call_kept');
  await before.say(kept, started({}, {}, 'call_lost'), started({}, {}, 'call_lost_2'));
  const calls = Array.from({ length: 20 }, (_, n) => `call_new_${10 + n}`);
  await restored.say(kept, ...calls.flatMap((id) => [started({}, {}, id), ended({}, {}, id)]));
  await other.say(...calls.map((id) => started({}, {}, id)));
  relay = await relayTo(before.eventStoreUrl);
  log = patientLog(relay.url);
}, 120_000);
afterAll(async () => {
  await log.close();
  await relay.stop();
  await Promise.all([before, restored, other, empty].map((stores) => stores.stop()));
});

const running: RunningProjections[] = [];
async function start(version = 1, batchMs = 0): Promise<RunningProjections> {
  const projection = tally(version, () => sleep(batchMs)) as Projection;
  const one = await startProjections({
    ...{ log, databaseUrl: before.databaseUrl, projections: [projection], logger },
    options: { standbyMs: 100, watchEveryMs: 50, ...(batchMs > 0 && { maxBatch: 2 }) },
    operations: { pollMs: 50 },
  });
  running.push(one);
  return one;
}
beforeEach(async () => {
  await before.pool.query('drop schema if exists projection cascade');
  lead(before);
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

function lead({ eventStoreUrl }: Stores): void {
  relay.leadTo(eventStoreUrl);
  relay.cut();
}
const becomes = (one: RunningProjections, status: object) =>
  vi.waitFor(() => expect(one.status()).toMatchObject([status]), 60_000);
const rows = async (table = 'tally') => {
  const found = await before.pool.query(`select stream, facts from ${table} order by 1`);
  return found.rows.map(({ stream, facts }) => `${stream} ${facts}`).sort();
};
const generations = async () =>
  (await before.pool.query('select generation, state from projection.projections order by 1')).rows;

describe('a log that was restored and has grown again', () => {
  test('is built anew beside what was shown, under the leader and one that waits; what was shown is kept', async () => {
    const leader = await start();
    await becomes(leader, { leader: true, caughtUp: true });
    const waiting = await start();
    await becomes(waiting, { leader: false, caughtUp: true });
    expect(await rows()).toEqual(rowsBefore);

    const seen: (string | undefined)[] = [];
    const watching = setInterval(() => {
      for (const one of [leader, waiting]) {
        const { caughtUp, generation, checkpoint } = one.status()[0]!;
        if (caughtUp) seen.push(`${generation} ${checkpoint}`);
      }
    }, 1);
    const [old] = leader.status();
    lead(restored);
    await vi.waitFor(() => expect(leader.status()).toMatchObject([{ generation: 2, caughtUp: true }]), 60_000);
    await becomes(waiting, { generation: 2, caughtUp: true });
    clearInterval(watching);
    expect(await rows()).toEqual(rowsRestored);
    expect(leader.status()[0]).not.toHaveProperty('stale');
    expect(new Set(seen)).toEqual(new Set([`1 ${old!.checkpoint}`, `2 ${await restored.log.head()}`]));
    expect(await generations()).toEqual([
      { generation: 1, state: 'previous' },
      { generation: 2, state: 'live' },
    ]);
    expect(await rows('projection."tally_1_tally"')).toEqual(rowsBefore);

    lead(before); // the right one is back
    await becomes(leader, { generation: 3, caughtUp: true });
    expect(await rows()).toEqual(rowsBefore);
  }, 120_000);

  test('is built anew at the start, and what it has lost cannot be swapped back', async () => {
    await becomes(await start(), { caughtUp: true });
    await Promise.all(running.splice(0).map((one) => one.stop()));
    lead(restored);
    await becomes(await start(), { generation: 2, caughtUp: true });
    expect(await rows()).toEqual(rowsRestored);

    await using connection = await connect(before.databaseUrl, 'test');
    const request = await requestOperation(connection.db, 'swap_back', 'tally');
    const ends = async () =>
      expect(await findOperation(connection.db, 'queued' in request ? request.queued : '')).toMatchObject({
        ...{ state: 'failed', error: { code: 'nothing_to_swap_back' } },
      });
    await vi.waitFor(ends, 30_000);
    expect(await rows()).toEqual(rowsRestored);
  }, 120_000);

  test('is built by the next process where the one before had to stop', async () => {
    await becomes(await start(), { caughtUp: true });
    await Promise.all(running.splice(0).map((one) => one.stop()));
    lead(restored);
    const slow = await start(1, 50);
    await vi.waitFor(() => expect(slow.status()[0]?.building?.done).toBeGreaterThan(5), {
      timeout: 30_000,
      interval: 5,
    });
    await Promise.all(running.splice(0).map((one) => one.stop()));
    expect(await generations()).toEqual([
      { generation: 1, state: 'live' },
      { generation: 2, state: 'building' },
    ]);
    await becomes(await start(), { generation: 2, caughtUp: true });
    expect(await rows()).toEqual(rowsRestored);
    expect(await generations()).toHaveLength(2);
  }, 60_000);

  test('ends what a rebuild that was asked for has built, and it begins anew', async () => {
    const one = await start(1, 30);
    await becomes(one, { caughtUp: true });
    await using connection = await connect(before.databaseUrl, 'test');
    const request = await requestOperation(connection.db, 'rebuild', 'tally');
    const operation = () => findOperation(connection.db, 'queued' in request ? request.queued : '');
    await vi.waitFor(async () => expect(await generations()).toHaveLength(2), { timeout: 30_000, interval: 5 });
    lead(restored);
    await vi.waitFor(async () => expect(await operation()).toMatchObject({ state: 'succeeded' }), 60_000);
    await becomes(one, { caughtUp: true });
    expect(await rows()).toEqual(rowsRestored);
    const live = (await generations()).filter(({ state }) => state !== 'previous');
    expect(live).toMatchObject([{ state: 'live' }]);
  }, 120_000);

  test('found while a new version was being built ends what was built so far', async () => {
    await becomes(await start(), { caughtUp: true });
    await Promise.all(running.splice(0).map((one) => one.stop()));
    await before.pool.query(`insert into projection.projections (name, generation, version, state, checkpoint,
        checkpoint_event, origin)
      select name, 2, 2, 'building', checkpoint, checkpoint_event, origin from projection.projections`);
    lead(restored);
    await becomes(await start(2), { version: 2, generation: 2, caughtUp: true });
    expect(await rows()).toEqual(rowsRestored.map((row) => row.replace(/\d$/, (facts) => `${Number(facts) * 2}`)));
  }, 60_000);
});

describe.each([
  ['another log', () => other, /is shorter and begins otherwise|is another/],
  ['an empty log', () => empty, /this one is empty/],
])('%s', (_, wrong, why) => {
  test('is refused, under running processes and at the start, and nothing is built', async () => {
    const one = await start();
    await becomes(one, { caughtUp: true });
    lead(wrong());
    const sentence = new RegExp(`do not belong together.*${why.source}.*DATABASE_URL.*drop schema projection cascade`);
    await becomes(one, { caughtUp: false, stale: true, error: expect.stringMatching(sentence) });
    await expect(start()).rejects.toThrow(sentence);
    expect(await rows()).toEqual(rowsBefore);

    lead(before);
    await becomes(one, { generation: 1, caughtUp: true });
    expect(await generations()).toEqual([{ generation: 1, state: 'live' }]);
  }, 120_000);
});
