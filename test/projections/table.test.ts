import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Connection, connect, inTransaction } from '../../src/postgres/connection.ts';
import { createTable, type Row, type Table, type Tables, tablesIn } from '../../src/projections/engine/table.ts';
import { createTestDatabase } from '../support/postgres.ts';

const things: Table = {
  name: 'things',
  columns: {
    id: 'integer not null',
    word: 'text',
    words: 'text[]',
    at: 'timestamptz',
    amount: 'double precision',
    yes: 'boolean',
    document: 'jsonb',
    state: 'json',
  },
  key: ['id'],
};
const name = () => 'things';

let database: { readonly url: string; drop(): Promise<void> };
let connection: Connection;
beforeAll(async () => {
  database = await createTestDatabase();
  connection = await connect(database.url, 'test');
});
afterAll(async () => {
  await connection[Symbol.asyncDispose]();
  await database.drop();
});
beforeEach(async () => {
  await sql`drop table if exists things`.execute(connection.db);
  await createTable(connection.db, name(), things);
});

const writing = (work: (tables: Tables) => Promise<void>) =>
  inTransaction(connection.db, (trx) => work(tablesIn(trx, name)));
const rows = async () => (await sql<Row>`select * from things order by id`.execute(connection.db)).rows;
const anyText = fc.string({ unit: 'binary', maxLength: 20 });
const anyDate = fc.date({ min: new Date(0), max: new Date('2100-01-01T00:00:00.000Z'), noInvalidDate: true });
const anyRow = fc.record({
  word: fc.option(anyText, { nil: undefined }),
  words: fc.option(fc.array(anyText, { maxLength: 3 }), { nil: null }),
  at: fc.option(
    fc.oneof(
      anyDate,
      anyDate.map((date) => date.toISOString()),
    ),
    { nil: undefined },
  ),
  amount: fc.option(fc.double({ noNaN: false }), { nil: undefined }),
  yes: fc.option(fc.boolean(), { nil: undefined }),
  document: fc.option(fc.jsonValue({ maxDepth: 2 }), { nil: undefined }),
  state: fc.option(fc.dictionary(anyText, anyText, { maxKeys: 3 }), { nil: undefined }),
});
const numbered = (some: readonly Row[]): Row[] => some.map((row, id) => ({ id, ...row }));
/** So many that they are copied, with the same rows in front. */
const among = (some: readonly Row[]): Row[] => numbered([...some, ...Array.from({ length: 150 }, () => ({}))]);

test('many rows stand in the table as few of them would, whatever is in them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyRow, { minLength: 1, maxLength: 5 }), async (some) => {
      await sql`truncate things`.execute(connection.db);
      await writing((tables) => tables.upsert(things, numbered(some)));
      const few = await rows();
      for (const write of ['upsert', 'insert'] as const) {
        await sql`truncate things`.execute(connection.db);
        await writing((tables) => tables[write](things, among(some)));
        expect((await rows()).slice(0, some.length)).toEqual(few);
      }
    }),
    { numRuns: 30 },
  );
});

test.each([3, 150])('%i rows take the place of those with the same key', async (count) => {
  const of = (word: string) => Array.from({ length: count }, (_, id) => ({ id, word, words: [word] }));
  await writing((tables) => tables.upsert(things, of('old')));
  await writing((tables) => tables.upsert(things, of('new')));
  expect((await rows()).map(({ word }) => word)).toEqual(Array(count).fill('new'));
  expect(await rows()).toHaveLength(count);
});

test.each([3, 150])('of %i rows, what is long is kept compressed', async (count) => {
  const word = 'Agent: Good morning. User: Good morning.\n'.repeat(100);
  const some = Array.from({ length: count }, (_, id) => ({ id, word }));
  await writing((tables) => tables.insert(things, some));
  const { rows } = await sql<{ size: number }>`select max(pg_column_size(word)) as size from things`.execute(
    connection.db,
  );
  expect(rows[0]!.size).toBeLessThan(word.length / 2);
});

test.each([3, 150])('%i rows said to be new that are not are refused, and the transaction with them', async (count) => {
  const some = numbered(Array.from({ length: count }, () => ({ word: 'a' })));
  await writing((tables) => tables.insert(things, some));
  await expect(
    writing(async (tables) => {
      await tables.delete(things, ['id'], [{ id: 0 }]);
      await tables.insert(things, some);
    }),
  ).rejects.toMatchObject({ code: '23505' });
  expect(await rows()).toHaveLength(count);
});

test('a value that Postgres refuses fails the copy and leaves the connection usable', async () => {
  const some = among([{ at: 'not a time' }]);
  await expect(writing((tables) => tables.upsert(things, some))).rejects.toThrow(/not a time/);
  await writing((tables) => tables.upsert(things, among([])));
  expect(await rows()).toHaveLength(150);
});

test('a row that cannot be written as text fails the copy and leaves the connection usable', async () => {
  const some = among([{ document: 1n }]);
  await expect(writing((tables) => tables.upsert(things, some))).rejects.toThrow(/BigInt/);
  await writing((tables) => tables.upsert(things, among([])));
  expect(await rows()).toHaveLength(150);
});
