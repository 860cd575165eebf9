import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import pg from 'pg';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { clusterIn } from '../../src/embedded/postgres/cluster.ts';
import { processesIn } from '../../src/embedded/postgres/processes.ts';
import { startEmbeddedPostgres } from '../../src/embedded/postgres/start.ts';
import { connectEventLog } from '../../src/events/event-log.ts';
import type { Projection } from '../../src/projections/engine/projection.ts';
import { type RunningProjections, startProjections } from '../../src/projections/engine/start.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { relayTo } from '../support/relay.ts';
import { ended, started } from './controls.ts';
import { storesOfFile } from './stores.ts';
import { tally } from './tally.ts';

// Whatever interrupts a projector: the lag rises, then it is 0; nothing is skipped, and nothing doubled.

const stores = await storesOfFile();

const WITHIN = { timeout: 30_000, interval: 10 };
const running = new Set<RunningProjections>();
const cleanUp: (() => Promise<unknown>)[] = [];
let spoken = 0;
/** Every line that the projectors log. */
let logged: { msg: string; error?: string }[] = [];
const logger = pino({ level: 'info' }, { write: (line: string) => void logged.push(JSON.parse(line)) });

beforeEach(async () => {
  logged = [];
  await stores.pool.query('drop schema if exists projection cascade');
});
afterEach(async () => {
  await Promise.all([...running].map((projections) => projections.stop()));
  running.clear();
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function start(projection: Projection<number>, { log = stores.log, databaseUrl = stores.databaseUrl } = {}) {
  const made = await startProjections({
    ...{ log, databaseUrl, projections: [projection as Projection], logger },
    options: { standbyMs: 50, watchEveryMs: 50, maxBatch: 10 },
  });
  running.add(made);
  return made;
}

/** So many calls of two facts each; answers the last one's position. */
async function calls(count: number): Promise<bigint> {
  let position = -1n;
  for (let i = 0; i < count; i++) {
    const callId = `call_${spoken++}`;
    position = await stores.say(started({}, {}, callId), ended({}, {}, callId));
  }
  return position;
}

const lagOf = (one: RunningProjections) => one.status()[0]!.lagEvents;
const lagRises = (one: RunningProjections) => vi.waitFor(() => expect(lagOf(one)).toBeGreaterThan(0), WITHIN);
const lagEnds = (one: RunningProjections) =>
  vi.waitFor(() => expect(one.status()[0]).toMatchObject({ caughtUp: true, lagEvents: 0, parked: 0 }), WITHIN);
const interruptions = () => logged.flatMap(({ msg, error }) => (msg === 'projection_interrupted' ? [error] : []));

/** Every call that was spoken of has both its facts, and no more. */
async function expectAll(pool: pg.Pool = stores.pool) {
  const { rows } = await pool.query<{ facts: number }>('select facts from tally');
  expect(rows.map(({ facts }) => facts)).toEqual(Array.from({ length: spoken }, () => 2));
}

test('a deadlock breaks off one of the two, and the batch is applied once', async () => {
  await stores.pool.query('create table if not exists gates (name text primary key)');
  await stores.pool.query(`insert into gates values ('a'), ('b') on conflict do nothing`);
  cleanUp.push(() => stores.pool.query('drop table gates'));
  let meets = false;
  const one = await start(
    tally(1, async (trx) => {
      if (!meets) return;
      await sql`select from gates where name = 'b' for update`.execute(trx);
      await sql`select from gates where name = 'a' for update`.execute(trx);
    }),
  );
  expect(await one.waitUntilCaughtUp(await calls(1), 30_000)).toBe(true);

  meets = true;
  // Postgres chooses whom it breaks off: until it has been the projector.
  while (!interruptions().some((error) => error?.includes('40P01'))) {
    const rival = new pg.Client({ connectionString: stores.databaseUrl });
    await rival.connect();
    await rival.query('begin');
    await rival.query(`select from gates where name = 'a' for update`);
    await calls(1);
    await vi.waitFor(async () => {
      const { rows } = await stores.pool.query(
        `select from pg_stat_activity where application_name = 'call-ledger tally' and wait_event_type = 'Lock'`,
      );
      expect(rows).toHaveLength(1);
    }, WITHIN);
    await lagRises(one);
    await rival.query(`select from gates where name = 'b' for update`).catch(() => {});
    await rival.end();
    await lagEnds(one);
  }
  await expectAll();
});

test.each([
  ['40001', 'a serialization failure'],
  ['40P01', 'a deadlock'],
  ['55P03', 'a lock that is not to be had'],
  ['57014', 'a query that is broken off'],
])('SQLSTATE %s, %s, again and again: the batch is applied once when it is over', async (code) => {
  let times = 0;
  const one = await start(
    tally(1, async (trx) => {
      if (times-- > 0) await sql.raw(`do $$ begin raise exception 'no' using errcode = '${code}'; end $$`).execute(trx);
    }),
  );
  expect(await one.waitUntilCaughtUp(await calls(1), 30_000)).toBe(true);
  times = 3;
  const [position] = await Promise.all([calls(2), lagRises(one)]);
  expect(await one.waitUntilCaughtUp(position, 30_000)).toBe(true);
  await lagEnds(one);
  expect(times).toBeLessThan(0);
  expect(interruptions()).toHaveLength(3);
  for (const error of interruptions()) expect(error).toContain(code);
  await expectAll();
});

test('a Postgres that is killed and started again, in the middle of it, is caught up with', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'call-ledger-interruptions-'));
  const settings = { fsync: 'off', full_page_writes: 'off' };
  let postgres = await startEmbeddedPostgres({ dataDir, settings });
  cleanUp.push(
    () => rm(dataDir, { recursive: true, force: true }),
    () => postgres.stop(),
  );
  const relay = await relayTo(postgres.url);
  cleanUp.push(relay.stop);
  const one = await start(
    tally(1, () => sleep(20)),
    { databaseUrl: relay.url },
  );
  for (let times = 0; times < 3; times++) {
    await calls(20);
    await lagRises(one); // some of it is applied, the rest under way
    for (const pid of await processesIn(clusterIn(dataDir)))
      try {
        process.kill(pid, 'SIGKILL');
      } catch {} // its postmaster was gone, and it with it
    expect(await postgres.exited).toBe('crashed');
    const position = await calls(1);
    await vi.waitFor(
      () => expect(one.status()[0]).toMatchObject({ caughtUp: false, error: expect.anything() }),
      WITHIN,
    );
    await lagRises(one);
    postgres = await startEmbeddedPostgres({ dataDir, settings });
    relay.leadTo(postgres.url);
    expect(await one.waitUntilCaughtUp(position, 30_000)).toBe(true);
    await lagEnds(one);
    const pool = new pg.Pool({ connectionString: postgres.url, max: 1 });
    pool.on('error', () => {}); // ended with its Postgres
    await expectAll(pool).finally(() => pool.end());
  }
});

test('a subscription that is cut in the middle of a catch-up goes on where it was', async () => {
  const position = await calls(60);
  const relay = await relayTo(stores.eventStoreUrl);
  const log = connectEventLog(relay.url);
  cleanUp.push(relay.stop, () => log.close());
  const one = await start(
    tally(1, () => sleep(20)),
    { log },
  );
  const seen = () => Number(one.status()[0]!.checkpoint ?? -1);
  for (let cuts = 0; cuts < 4; cuts++) {
    const before = seen();
    await vi.waitFor(() => expect(seen()).toBeGreaterThan(before), WITHIN);
    expect(lagOf(one), 'behind, or unknown while the log is cut off').not.toBe(0);
    relay.cut();
  }
  expect(seen()).toBeLessThan(Number(position));
  expect(await one.waitUntilCaughtUp(position, 30_000)).toBe(true);
  await lagEnds(one);
  await expectAll();
});

test('of two processes one leads; while both are killed in turn, again and again, every fact is taken once', async () => {
  const database = await createTestDatabase();
  const script = join(import.meta.dirname, 'projecting-process.ts');
  const spawn = () => fork(script, [stores.eventStoreUrl, database.url, '10'], { execArgv: [], stdio: 'ignore' });
  const end = async (child: ChildProcess) => {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  const both = [spawn(), spawn()];
  const pool = new pg.Pool({ connectionString: database.url, max: 1 });
  pool.on('error', () => {}); // ended with its database
  cleanUp.push(
    database.drop,
    () => pool.end(),
    () => Promise.all(both.map(end)),
  );
  const checkpoint = async () => {
    const { rows } = await pool.query<{ checkpoint: string | null }>(
      `select checkpoint from projection.projections where state = 'live'`,
    );
    return BigInt(rows[0]?.checkpoint ?? -1);
  };
  const beyond = (before: bigint) => vi.waitFor(async () => expect(await checkpoint()).toBeGreaterThan(before), WITHIN);
  await beyond(-1n);
  for (let times = 0; times < 4; times++) {
    const before = await checkpoint();
    await calls(15);
    await end(both[times % 2]!);
    // Whoever is left goes on, also when the one that was killed had led.
    await beyond(before);
    both[times % 2] = spawn();
  }
  const position = await calls(1);
  await vi.waitFor(async () => expect(await checkpoint()).toBe(position), WITHIN);
  await expectAll(pool);
});
