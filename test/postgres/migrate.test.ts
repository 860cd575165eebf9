import { type Kysely, sql } from 'kysely';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { type Connection, connect } from '../../src/postgres/connection.ts';
import { type Migrations, migrate } from '../../src/postgres/migrate.ts';
import { createTestDatabase } from '../support/postgres.ts';

const database = await createTestDatabase();
const connections = await Promise.all(Array.from({ length: 4 }, () => connect(database.url, 'test')));
const [{ db }] = connections as [Connection, ...Connection[]];
afterAll(async () => {
  await Promise.all(connections.map((connection) => connection[Symbol.asyncDispose]()));
  await database.drop();
});
beforeEach(async () => {
  await sql`drop schema if exists toys cascade`.execute(db);
});

const first: Migrations = { '0001_box': (trx) => run(trx, 'create table toys.box (name text)') };
const adds = (column: string) => (trx: Kysely<unknown>) => run(trx, `alter table toys.box add column ${column} text`);
const second: Migrations = { ...first, '0002_colour': adds('colour') };

const run = async (trx: Kysely<unknown>, statement: string): Promise<void> => {
  await sql.raw(statement).execute(trx);
};

async function columns(): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`select column_name as name from information_schema.columns
    where table_schema = 'toys' and table_name = 'box' order by ordinal_position`.execute(db);
  return rows.map(({ name }) => name);
}

async function done(): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`select name from toys.migrations order by name`.execute(db);
  return rows.map(({ name }) => name);
}

test('each migration runs once, in the order of the names', async () => {
  await migrate(db, 'toys', first);
  await migrate(db, 'toys', second);
  await migrate(db, 'toys', second);
  expect(await columns()).toEqual(['name', 'colour']);
});

test('of several processes that start at once one runs it, and all find it done', async () => {
  await Promise.all(connections.map((connection) => migrate(connection.db, 'toys', second)));
  expect(await columns()).toEqual(['name', 'colour']);
  expect(await done()).toEqual(['0001_box', '0002_colour']);
});

test('two releases that start at once both come up', async () => {
  const releases = [first, second, second, first];
  await Promise.all(connections.map((connection, i) => migrate(connection.db, 'toys', releases[i]!)));
  expect(await columns()).toEqual(['name', 'colour']);
});

test('a release that is rolled back comes up on what a later one has made, and mends what it must', async () => {
  await migrate(db, 'toys', second);
  await migrate(db, 'toys', first);
  await migrate(db, 'toys', { ...first, '0001_mended': adds('size') });
  expect(await columns()).toEqual(['name', 'colour', 'size']);
  await migrate(db, 'toys', second);
  expect(await done()).toEqual(['0001_box', '0001_mended', '0002_colour']);
});

test('one that fails leaves nothing behind and keeps nobody waiting', async () => {
  const broken: Migrations = { ...first, '0002_broken': (trx) => run(trx, 'select 1/0') };
  await expect(migrate(db, 'toys', broken)).rejects.toMatchObject({ code: '22012' });
  expect(await columns()).toEqual([]);
  await migrate(connections[1]!.db, 'toys', second);
  expect(await columns()).toEqual(['name', 'colour']);
});

test('what somebody has dropped with its schema is made again', async () => {
  await migrate(db, 'toys', second);
  await sql`drop schema toys cascade`.execute(db);
  await migrate(db, 'toys', second);
  expect(await columns()).toEqual(['name', 'colour']);
});
