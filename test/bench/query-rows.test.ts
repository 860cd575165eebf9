import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { expect, test } from 'vitest';
import { insertSessions } from '../../bench/query/rows.ts';
import { generationFor } from '../../src/projections/engine/generations.ts';
import { prepare } from '../../src/projections/engine/migrations.ts';
import { projections } from '../../src/projections/index.ts';
import { createTestDatabase } from '../support/postgres.ts';

test('the rows that the bench of the query API writes fit the read model as it is', async () => {
  const { url, drop } = await createTestDatabase();
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url }) }) });
  const client = new pg.Client({ connectionString: url });
  try {
    await prepare(db);
    for (const projection of projections) await generationFor(db, projection);
    await client.connect();
    await insertSessions(client, 100, 50);
    const { rows } =
      await client.query(`select count(*)::int as sessions, (select count(*)::int from call_session_calls)
      as calls from call_sessions where not erased`);
    expect(rows).toEqual([{ sessions: 100, calls: 100 }]);
  } finally {
    await client.end();
    await db.destroy();
    await drop();
  }
});
