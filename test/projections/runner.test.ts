import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connect } from '../../src/postgres/connection.ts';
import { generationFor, promote } from '../../src/projections/engine/generations.ts';
import type { Projection } from '../../src/projections/engine/projection.ts';
import { type RunningProjections, startProjections } from '../../src/projections/engine/start.ts';
import { relayTo } from '../support/relay.ts';
import { ended, type Said, started } from './controls.ts';
import { logger, storesOfFile } from './stores.ts';
import { tally } from './tally.ts';

const stores = await storesOfFile();

const running = new Set<RunningProjections>();
let spoken = 0;

beforeEach(async () => {
  await stores.pool.query('drop schema if exists projection cascade');
});
afterEach(async () => {
  await Promise.all([...running].map((projections) => projections.stop()));
  running.clear();
});

async function start(projection: Projection = tally(), databaseUrl = stores.databaseUrl): Promise<RunningProjections> {
  const made = await startProjections({
    log: stores.log,
    databaseUrl,
    projections: [projection],
    logger,
    options: { standbyMs: 100, watchEveryMs: 50, takeBackAfterMs: 500 },
  });
  running.add(made);
  return made;
}

/** A call that no other test speaks of. */
const newCall = (): [Said, Said] => {
  const callId = `call_${spoken++}`;
  return [started({}, {}, callId), ended({}, {}, callId)];
};
const tallied = async () =>
  (await stores.pool.query<{ stream: string; facts: number }>('select * from tally order by stream')).rows.map(
    ({ facts }) => facts,
  );
const leaders = (...all: RunningProjections[]) => all.map((one) => one.status()[0]!.leader);
const terminateAll = () =>
  stores.pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name like 'call-ledger%'`,
  );

test('one whose connection is killed goes on where it was', async () => {
  const one = await start();
  const [first, second] = newCall();
  expect(await one.waitUntilCaughtUp(await stores.say(first), 30_000)).toBe(true);
  await terminateAll();
  expect(await one.waitUntilCaughtUp(await stores.say(second), 30_000)).toBe(true);
  expect(await tallied()).toEqual([2]);
});

test('of two that run at once one leads, and the other takes over when it stops', async () => {
  const one = await start();
  await vi.waitFor(() => expect(leaders(one)).toEqual([true]), 30_000);
  const other = await start();
  const [first, second] = newCall();
  const position = await stores.say(first);
  // The one that waits tells of what the other does.
  expect(await Promise.all([one, other].map((each) => each.waitUntilCaughtUp(position, 30_000)))).toEqual([true, true]);
  expect(leaders(one, other)).toEqual([true, false]);
  await one.stop();
  expect(await other.waitUntilCaughtUp(await stores.say(second), 30_000)).toBe(true);
  expect(leaders(one, other)).toEqual([false, true]);
  expect((await tallied()).at(-1)).toBe(2);
});

test('a leader that loses its connection is not leader, whoever is next', async () => {
  const both = [await start(), await start()];
  await vi.waitFor(() => expect(leaders(...both).filter(Boolean)).toHaveLength(1), 30_000);
  await terminateAll();
  const said = newCall();
  for (const one of said) {
    const position = await stores.say(one);
    for (const each of both) expect(await each.waitUntilCaughtUp(position, 30_000)).toBe(true);
  }
  expect(leaders(...both).filter(Boolean)).toHaveLength(1);
  expect((await tallied()).at(-1)).toBe(2);
});

test('while Postgres is away the lag grows, and afterwards everything is there once', async () => {
  const relay = await relayTo(stores.databaseUrl);
  const one = await start(tally(), relay.url);
  const [first, second] = newCall();
  await one.waitUntilCaughtUp(await stores.say(first), 30_000);
  relay.close();
  const position = await stores.say(second);
  await vi.waitFor(() => expect(one.status()[0]).toMatchObject({ caughtUp: false, error: expect.anything() }), 30_000);
  await vi.waitFor(() => expect(one.status()[0]).toMatchObject({ lagEvents: 1 }), 30_000);
  const before = one.status()[0]!.lagSeconds ?? -1;
  await sleep(100);
  expect(one.status()[0]!.lagSeconds).toBeGreaterThan(before);
  expect(await one.waitUntilCaughtUp(position, 200)).toBe(false);
  relay.open();
  expect(await one.waitUntilCaughtUp(position, 30_000)).toBe(true);
  await vi.waitFor(
    () => expect(one.status()[0]).toMatchObject({ caughtUp: true, lagEvents: 0, lagSeconds: 0 }),
    30_000,
  );
  expect(one.status()[0]).not.toHaveProperty('error');
  expect((await tallied()).at(-1)).toBe(2);
  await one.stop();
  await relay.stop();
});

test('one that is started without Postgres waits for it', async () => {
  const relay = await relayTo(stores.databaseUrl);
  relay.close();
  const one = await start(tally(), relay.url);
  expect(one.status()).toMatchObject([{ state: 'starting', caughtUp: false, generation: null, checkpoint: null }]);
  relay.open();
  await vi.waitFor(() => expect(one.status()[0]?.caughtUp).toBe(true), 30_000);
  await one.stop();
  await relay.stop();
});

test('another version is built beside the live one, and no reader notices the change', async () => {
  const one = await start(tally(1));
  const position = await stores.say(...newCall());
  await one.waitUntilCaughtUp(position, 30_000);
  const before = await tallied();
  await stores.pool.query('grant select on tally to public');
  await one.stop();

  const seen = new Set<string>();
  let reading = true;
  const readers = [0, 1].map(async () => {
    while (reading) seen.add(JSON.stringify(await tallied()));
  });
  const two = await start(tally(2));
  expect(await two.waitUntilCaughtUp(position, 30_000)).toBe(true);
  const live = { version: 2, generation: 2, state: 'live', caughtUp: true };
  await vi.waitFor(() => expect(two.status()).toMatchObject([live]), 30_000); // the log's end is told after its last event
  const after = before.map((facts) => facts * 2);
  await vi.waitFor(() => expect(seen).toContain(JSON.stringify(after)), 30_000);
  reading = false;
  await Promise.all(readers);
  expect([...seen]).toEqual([JSON.stringify(before), JSON.stringify(after)]);
  await two.stop();

  const three = await start(tally(3));
  expect(await three.waitUntilCaughtUp(position, 30_000)).toBe(true);
  const { rows } = await stores.pool.query(
    `select generation, version, state from projection.projections order by generation`,
  );
  expect(rows).toEqual([
    { generation: 2, version: 2, state: 'previous' },
    { generation: 3, version: 3, state: 'live' },
  ]);
  const tables = await stores.pool.query(
    `select tablename from pg_tables where schemaname = 'projection' and tablename like 'tally%' order by 1`,
  );
  expect(tables.rows.map(({ tablename }) => tablename)).toEqual([
    'tally_2_streams',
    'tally_2_tally',
    'tally_3_streams',
    'tally_3_tally',
  ]);
  const grants = await stores.pool.query(`select has_table_privilege('public', 'tally', 'select') as may`);
  expect(grants.rows).toEqual([{ may: true }]);
});

test('a step back to the version before takes up its generation where it was', async () => {
  const one = await start(tally(1));
  const [first, second] = newCall();
  await one.waitUntilCaughtUp(await stores.say(first), 30_000);
  await one.stop();
  const two = await start(tally(2));
  const position = await stores.say(second);
  await two.waitUntilCaughtUp(position, 30_000);
  await two.stop();
  const back = await start(tally(1));
  expect(await back.waitUntilCaughtUp(position, 30_000)).toBe(true);
  expect(back.status()).toMatchObject([{ version: 1, generation: 1, state: 'live' }]);
  expect((await tallied()).at(-1)).toBe(2);
});

test('two releases at once: both say how far the views are, and the old one takes them back when the new one is gone', async () => {
  const old = await start(tally(1));
  const [first, second] = newCall();
  await old.waitUntilCaughtUp(await stores.say(first), 30_000);
  const next = await start(tally(2));
  await vi.waitFor(() => expect(next.status()[0]).toMatchObject({ version: 2, caughtUp: true }), 30_000);
  const shown = { version: 2, generation: 2, state: 'live', caughtUp: true };
  await vi.waitFor(() => expect(old.status()[0]).toMatchObject(shown), 30_000);
  const position = await stores.say(second);
  expect(await old.waitUntilCaughtUp(position, 30_000)).toBe(true);
  expect((await tallied()).at(-1)).toBe(4);

  await next.stop();
  const [third] = newCall();
  const after = await stores.say(third);
  expect(await old.waitUntilCaughtUp(after, 30_000), 'ready means that the views show the end of the log').toBe(true);
  expect(old.status()).toMatchObject([{ version: 1, generation: 1, state: 'live', caughtUp: true }]);
  expect(await tallied()).toContain(1);
});

test('a version is not swapped in while it is behind what is shown, unless the log has no more for it', async () => {
  const one = await start(tally(1));
  const position = await stores.say(...newCall());
  await one.waitUntilCaughtUp(position, 30_000);
  await one.stop();
  await using connection = await connect(stores.databaseUrl, 'test');
  const next = tally(2);
  const begun = await generationFor(connection.db, next);
  const before = await tallied();
  expect(await promote(connection.db, next, begun)).toEqual({ behind: position });
  expect(await promote(connection.db, next, begun, position - 1n)).toEqual({ behind: position });
  expect(await tallied()).toEqual(before);
  expect(await promote(connection.db, next, begun, position)).toMatchObject({ version: 2, state: 'live' });
});

test('a read model that has read further than the log goes is refused, with what to do', async () => {
  const one = await start();
  await one.waitUntilCaughtUp(await stores.say(...newCall()), 30_000);
  await one.stop();
  await stores.pool.query('update projection.projections set checkpoint = 9223372036854775807, origin = null');
  await expect(start()).rejects.toThrow(/do not belong together: the projection tally .* DATABASE_URL .*drop schema/);
});

test('an event of an unknown type is passed over and counted', async () => {
  const one = await start();
  await stores.log.append('call-acme.odd', 'no_stream', [
    { id: crypto.randomUUID(), type: 'CallRenamed', data: {}, metadata: {} },
  ]);
  const position = await stores.say(...newCall());
  expect(await one.waitUntilCaughtUp(position, 30_000)).toBe(true);
  expect(one.status()[0]).toMatchObject({ passedOver: 1, checkpoint: `${position}` });
});

test('two that start at once on an empty database make one set of tables', async () => {
  const all = await Promise.all([start(), start(), start()]);
  const position = await stores.say(...newCall());
  for (const each of all) expect(await each.waitUntilCaughtUp(position, 30_000)).toBe(true);
  const { rows } = await stores.pool.query('select name, generation from projection.projections');
  expect(rows).toEqual([{ name: 'tally', generation: 1 }]);
});
