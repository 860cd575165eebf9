import { expect, test } from 'vitest';
import { createPool } from '../../src/postgres/pool.ts';
import { createTestDatabase } from '../support/postgres.ts';

test('a connection that breaks while a run holds it ends no process, and the next query has another one', async () => {
  const database = await createTestDatabase();
  const pool = createPool(database.url, { name: 'reconciliation', max: 4, statementMs: 60_000 });
  const held = await pool.connect();
  const { rows } = await held.query('select pg_backend_pid() as pid');
  const ended = new Promise<void>((resolve) => held.once('end', resolve));
  await pool.query('select pg_terminate_backend($1)', [rows[0].pid]);
  await ended;
  await expect(held.query('select 1')).rejects.toThrow();
  held.release(true);
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  await pool.end();
  await database.drop();
});
