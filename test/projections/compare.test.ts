import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Connection, connect, endStatements, inTransaction } from '../../src/postgres/connection.ts';
import { compare, type DifferingRow, notesOf } from '../../src/projections/engine/compare.ts';
import { createTable, type Table, tablesIn } from '../../src/projections/engine/table.ts';
import { createTestDatabase } from '../support/postgres.ts';

/** Every kind of column that a projection has. */
const things: Table = {
  name: 'things',
  columns: {
    tenant_id: 'text not null',
    number: 'bigint not null',
    word: 'text',
    words: 'text[]',
    at: 'timestamptz',
    amount: 'double precision',
    count: 'integer',
    place: 'bigint',
    yes: 'boolean',
    document: 'jsonb',
    state: 'json',
  },
  key: ['tenant_id', 'number'],
};
const links: Table = {
  name: 'links',
  columns: { one: 'text not null', other: 'text not null' },
  key: ['one', 'other'],
};
const ROWS = 20_000;
const live = (table: Table) => `live_${table.name}`;
const rebuilt = (table: Table) => `rebuilt_${table.name}`;

let database: { readonly url: string; drop(): Promise<void> };
let connection: Connection;
beforeAll(async () => {
  database = await createTestDatabase();
  connection = await connect(database.url, 'test');
  for (const table of [things, links])
    for (const name of [live, rebuilt]) await createTable(connection.db, name(table), table);
  await sql`insert into rebuilt_things
    select 't' || n % 3, n + 9007199254740993, 'word ' || n, array['a' || n, 'b'], timestamptz '2026-01-01 10:00Z' + n * interval '1 s',
           n / 8.0, n, n + 9007199254740993, n % 2 = 0, jsonb_build_object('n', n, 'in', jsonb_build_object('a', 1)),
           json_build_object('n', n, 'in', json_build_object('a', 1), 'text', '\\u0000 is no escape')
      from generate_series(1, ${ROWS}) n`.execute(connection.db);
  await sql`insert into rebuilt_things (tenant_id, number) values ('empty', 1)`.execute(connection.db);
});
afterAll(async () => {
  await connection[Symbol.asyncDispose]();
  await database.drop();
});
beforeEach(async () => {
  await sql`truncate live_things`.execute(connection.db);
  await sql`insert into live_things select * from rebuilt_things`.execute(connection.db);
});

const compared = (table = things) =>
  inTransaction(connection.db, async (trx) => {
    const { rows, differences, differing } = await compare(table, tablesIn(trx, live), tablesIn(trx, rebuilt));
    const found: DifferingRow[] = [];
    for await (const row of differing()) found.push(row);
    return { rows, differences, notes: found.flatMap((row) => notesOf(row, []).map(({ streams, ...note }) => note)) };
  });

const WHICH = '9007199254741993'; // beyond what a JavaScript number holds
const at = (column: string, to: string) =>
  sql.raw(`update live_things set ${column} = ${to} where number = ${WHICH}`).execute(connection.db);
const key = { tenant_id: 't1', number: WHICH };

test('what is the same has no differences, nulls and all', async () => {
  expect(await compared()).toEqual({ rows: ROWS + 1, differences: 0, notes: [] });
});

test.each<[column: string, to: string, live: unknown, rebuilt: unknown]>([
  ['word', `'Word 1000'`, 'Word 1000', 'word 1000'],
  ['word', 'null', null, 'word 1000'],
  ['words', `array['b', 'a1000']`, ['b', 'a1000'], ['a1000', 'b']],
  ['at', `at + interval '1 microsecond'`, '2026-01-01T10:16:40.000001+00:00', '2026-01-01T10:16:40+00:00'],
  ['amount', '125.00000000000001', 125.00000000000001, 125],
  ['count', '1001', 1001, 1000],
  ['place', '9007199254741992', '9007199254741992', '9007199254741993'],
  ['yes', 'false', false, true],
  ['yes', 'null', null, true],
  ['document', `'{"n": 1000, "in": {"a": 2}}'`, { n: 1000, in: { a: 2 } }, { n: 1000, in: { a: 1 } }],
  ['document', 'null', null, { n: 1000, in: { a: 1 } }],
  ['state', `'{"n": 1000}'`, { n: 1000 }, { n: 1000, in: { a: 1 }, text: '\\u0000 is no escape' }],
  // What jsonb does not take, and never comes from us.
  ['state', `'"\\u0000"'`, '\0', { n: 1000, in: { a: 1 }, text: '\\u0000 is no escape' }],
])('one %s that is %s among many rows is found', async (column, to, one, other) => {
  await sql`set timezone = 'UTC'`.execute(connection.db);
  await at(column, to);
  const { differences, notes } = await compared();
  expect([differences, notes]).toEqual([1, [{ table: 'things', key, column, live: one, rebuilt: other }]]);
});

test('the order of fields and the way a number is written do not make JSON another', async () => {
  await at('state', String.raw`'{"text": "\\u0000 is no escape", "in": {"a": 1.0}, "n": 1000}'`);
  await at('document', `'{"in": {"a": 1}, "n": 1000.0}'`);
  expect((await compared()).differences).toBe(0);
});

test('a row that is missing and one too many are found, as are several values of one row', async () => {
  await sql.raw(`delete from live_things where number = ${WHICH}`).execute(connection.db);
  await sql`insert into live_things (tenant_id, number, word) values ('t9', 1, 'x')`.execute(connection.db);
  await sql`update live_things set word = 'y', count = 4 where tenant_id = 'empty'`.execute(connection.db);
  const { rows, differences, notes } = await compared();
  expect([rows, differences]).toEqual([ROWS + 2, 4]);
  expect(notes).toMatchObject([
    { key: { tenant_id: 'empty', number: '1' }, column: 'word', live: 'y', rebuilt: null },
    { key: { tenant_id: 'empty', number: '1' }, column: 'count', live: 4, rebuilt: null },
    { key, row: 'missing', rebuilt: { word: 'word 1000', place: WHICH } },
    { key: { tenant_id: 't9', number: '1' }, row: 'extra', live: { word: 'x', yes: null } },
  ]);
});

test('a table of nothing but a key is compared by its rows', async () => {
  await sql`insert into live_links values ('a', 'b'), ('c', 'd')`.execute(connection.db);
  await sql`insert into rebuilt_links values ('a', 'b'), ('a', 'c')`.execute(connection.db);
  const { rows, differences, notes } = await compared(links);
  expect([rows, differences]).toEqual([3, 2]);
  expect(notes).toMatchObject([
    { key: { one: 'a', other: 'c' }, row: 'missing' },
    { key: { one: 'c', other: 'd' }, row: 'extra' },
  ]);
});

test('of long texts that is shown where they part', async () => {
  await sql`update live_things set word = repeat('a', 5000) || 'here' || repeat('b', 5000) where tenant_id = 'empty'`.execute(
    connection.db,
  );
  await sql`update rebuilt_things set word = repeat('a', 5000) || 'there' where tenant_id = 'empty'`.execute(
    connection.db,
  );
  const { notes } = await compared();
  const [{ live: one, rebuilt: other }] = notes as unknown as [{ live: string; rebuilt: string }];
  expect([one, other]).toEqual([expect.stringMatching(/^…a{80}hereb+…$/), expect.stringMatching(/^…a{80}there$/)]);
  expect(one.length).toBeLessThan(500);
  await sql`update rebuilt_things set word = null where tenant_id = 'empty'`.execute(connection.db);
});

test('a statement that takes long ends when it is told to', async () => {
  const told = new AbortController();
  await using _ = await endStatements(connection, told.signal, () => connect(database.url, 'another'));
  const slow = sql`select pg_sleep(600)`.execute(connection.db);
  told.abort();
  await expect(slow).rejects.toMatchObject({ code: '57014' });
});
