import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Connection, connect } from '../../src/postgres/connection.ts';
import { generationFor } from '../../src/projections/engine/generations.ts';
import { statistics } from '../../src/projections/engine/indexes.ts';
import { prepare } from '../../src/projections/engine/migrations.ts';
import type { Projection } from '../../src/projections/engine/projection.ts';
import { startProjections } from '../../src/projections/engine/start.ts';
import { projections } from '../../src/projections/index.ts';
import { analyzed, ended, started } from './controls.ts';
import { logger, type Stores, startStores } from './stores.ts';
import { tally } from './tally.ts';

let stores: Stores;
let connection: Connection;
beforeAll(async () => {
  stores = await startStores();
  connection = await connect(stores.databaseUrl, 'test');
  await prepare(connection.db);
});
afterAll(async () => {
  await connection[Symbol.asyncDispose]();
  await stores.stop();
});

test('a young table is analyzed each time about as many facts have come as before, an old one is left alone', async () => {
  const { db } = connection;
  const projection = { ...tally(), name: 'counted' } as Projection;
  const told = statistics({ db, projection, generation: await generationFor(db, projection) });
  const table = 'projection.counted_1_tally';
  const analyzedRows = async () => {
    const { rows } = await sql<{ n: number }>`
      select reltuples::float8 as n from pg_class where oid = ${table}::regclass`.execute(db);
    return rows[0]!.n;
  };
  await sql`alter table ${sql.raw(table)} set (autovacuum_enabled = off)`.execute(db);
  let there = 0;
  const come = async (facts: number) => {
    await sql`insert into ${sql.raw(table)} (stream, facts)
      select 's' || n, 1 from generate_series(${there + 1}::int, ${there + facts}::int) n`.execute(db);
    there += facts;
    await told(facts);
    return analyzedRows();
  };
  expect([await come(99), await come(1), await come(99), await come(1)]).toEqual([-1, 100, 100, 200]);
  expect(await come(300)).toBe(500);

  // Whoever leads next begins with what is known.
  const next = statistics({ db, projection, generation: await generationFor(db, projection) });
  await sql`insert into ${sql.raw(table)} (stream, facts) values ('one more', 1)`.execute(db);
  await next(499);
  expect(await analyzedRows()).toBe(500);
  await next(1);
  expect(await analyzedRows()).toBe(501);
});

test('where others wait for the next batch, one table is analyzed after each', async () => {
  const { db } = connection;
  const { tables } = tally();
  const two = [...tables, { ...tables[0]!, name: 'again' }];
  const projection = { ...tally(), name: 'counted_twice', tables: two } as Projection;
  const come = statistics({ db, projection, generation: await generationFor(db, projection) });
  const analyzed = async () => {
    const { rows } = await sql<{ n: number }>`select count(*)::int as n from pg_class
      where relname in ('counted_twice_1_tally', 'counted_twice_1_again') and reltuples >= 0`.execute(db);
    return rows[0]!.n;
  };
  const steps: number[] = [];
  for (const facts of [100, 1, 1]) {
    await come(facts, true);
    steps.push(await analyzed());
  }
  expect(steps).toEqual([1, 2, 2]);
});

test('no projection reads a tenant’s other rows to find those it looks for, from the first calls on', async () => {
  const calls = 700;
  let last = -1n;
  const running = await startProjections({
    ...{ log: stores.log, databaseUrl: stores.databaseUrl, projections, logger },
    options: { maxBatch: 50 },
  });
  for (let i = 0; i < calls; i++) {
    const call = `call_b6a625bf5ba9f86ffc6ce04${i}`; // as long as Retell's are: the wider an index, the dearer it seems
    const of = { callSessionId: `cs_${call}`, appointmentId: `apt_${call}`, direction: 'outbound' as const };
    const steps = [started(of, {}, call), ended(of, {}, call), analyzed(of, {}, call)];
    last = await stores.say(...steps);
  }
  expect(await running.waitUntilCaughtUp(last, 30_000)).toBe(true);
  await running.stop(); // whose connections then tell what they have read
  type Used = { readonly index: string; readonly scans: number; readonly read: number };
  const used = () =>
    stores.pool.query<Used>(`select indexrelname as index, idx_scan::int as scans, idx_tup_read::int as read
      from pg_stat_user_indexes where schemaname = 'projection'`);
  await vi.waitFor(async () => {
    const { rows } = await used();
    expect(rows.reduce((sum, { scans }) => sum + scans, 0)).toBeGreaterThan(6 * calls);
  }, 30_000);
  const { rows } = await used();
  // While there are next to none it does not matter which index is taken.
  expect(rows.filter(({ scans, read }) => read > 5 * scans + 10_000)).toEqual([]);
}, 150_000);
