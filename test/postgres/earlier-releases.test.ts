import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { expect, inject, onTestFinished, test } from 'vitest';
import { connect } from '../../src/postgres/connection.ts';
import { prepare } from '../../src/projections/engine/migrations.ts';
import { prepareTables } from '../../src/reactions/migrations.ts';
import { clientOf } from '../support/client.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { about, sample } from '../support/samples.ts';
import { dataDirectory, eventually, startService } from '../support/service.ts';

const dumpOf = (name: string) => readFile(join(import.meta.dirname, '../fixtures/postgres', `${name}.sql`), 'utf8');

/** A database of its own, with a dump in it; and a way to ask it. */
async function databaseWith(dump: string) {
  const database = await createTestDatabase(inject('postgresUrl'));
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  onTestFinished(async () => {
    await client.end();
    await database.drop();
  });
  await client.query(dump);
  return { url: database.url, rows: async (text: string) => (await client.query(text)).rows };
}
type Database = Awaited<ReturnType<typeof databaseWith>>;

async function migrated(url: string): Promise<void> {
  await using connection = await connect(url, 'test');
  await prepare(connection.db);
  await prepareTables(connection.db);
}

/** Columns, constraints and indexes of all tables that are not a generation's. */
const shapeOf = async ({ rows }: Database) => ({
  columns: await rows(`select table_schema, table_name, column_name, data_type, column_default, is_nullable
    from information_schema.columns where table_schema in ('projection', 'reactions') and table_name !~ '_[0-9]+_'
    order by 1, 2, 3`),
  constraints: await rows(`select conrelid::regclass::text as table, conname, pg_get_constraintdef(oid) as is
    from pg_constraint where connamespace::regnamespace::text in ('projection', 'reactions')
      and conrelid::regclass::text !~ '_[0-9]+_' order by 1, 2`),
  indexes: await rows(`select indexname, indexdef from pg_indexes
    where schemaname in ('projection', 'reactions') and tablename !~ '_[0-9]+_' order by 2`),
});

test.each(['first-release', 'before-migrations'])(
  'a Postgres of an earlier release comes up, keeps its rows, and everything works on it: %s',
  { timeout: 120_000 },
  async (release) => {
    const directory = await dataDirectory();
    onTestFinished(directory.remove);
    const before = await startService({ DATA_DIR: directory.path, ROLES: 'ingest' });
    onTestFinished(() => before.kill());
    const early = await clientOf(before);
    expect(await early.post(about(sample('05'), { call: 'call_early', appointment: 'apt_early' }))).toBe(204);
    await before.stop();

    const database = await databaseWith(await dumpOf(release));
    const service = await startService({ DATA_DIR: directory.path, DATABASE_URL: database.url });
    onTestFinished(() => service.kill());
    const client = await clientOf(service);
    expect(await client.post(about(sample('05'), { call: 'call_late', appointment: 'apt_late' }))).toBe(204);
    await client.see('/api/appointments/apt_early', ({ status }) => status === 'rescheduled');
    await client.see('/api/appointments/apt_late', ({ status }) => status === 'rescheduled');
    if (release === 'before-migrations') {
      // Of the generation that was shown before, which is kept to be swapped back.
      expect(await database.rows('select id from projection.parked')).toEqual([{ id: 'calls.1.0' }]);
      expect((await client.admin('GET', '/api/operations')).body).toMatchObject({ items: [{ kind: 'verify' }] });
    }

    const { status, body } = await client.admin('POST', '/api/projections/calls/rebuild');
    expect(status).toBe(202);
    const rebuilt = await eventually(async () => {
      const operation = await client.admin('GET', `/api/operations/${body.operationId}`);
      return operation.body.finishedAt !== undefined && operation.body;
    });
    expect(rebuilt).toMatchObject({ state: 'succeeded' });
    expect(
      await database.rows(
        `select call_id, sweep from reactions.retell_calls join reactions.retell_sweeps using (tenant_id)`,
      ),
    ).toEqual([{ call_id: 'call_before_us', sweep: 'of another account' }]);

    const fresh = await databaseWith('');
    await migrated(fresh.url);
    expect(await shapeOf(database)).toEqual(await shapeOf(fresh));
  },
);

test('processes that start at once on a Postgres of an earlier release migrate it once', async () => {
  const database = await databaseWith(await dumpOf('first-release'));
  await Promise.all([1, 2, 3, 4].map(() => migrated(database.url)));
  const done = `select name from projection.migrations union all select name from reactions.migrations`;
  expect(await database.rows(done)).toEqual(
    [
      '0001_bookkeeping',
      '0002_checkpoint_event',
      '0003_origin',
      '0004_rewrite',
      '0001_bookkeeping',
      '0002_retell_days',
      '0003_checkpoint_event',
      '0004_mails_sent',
      '0005_webhook_deliveries',
      '0006_webhook_parked',
    ].map((name) => ({ name })),
  );
});

test('the days that an earlier release has read keep their percentage', async () => {
  const database = await databaseWith(`${await dumpOf('first-release')};
    delete from reactions.retell_calls; delete from reactions.retell_sweeps;
    insert into reactions.retell_sweeps select tenant, 'window', '2026-03-04T00:10:00Z', true
      from unnest(array['acme', 'without-calls']) as tenant;
    insert into reactions.retell_calls (tenant_id, call_id, ended, analysed, before_us, first_seen_at) values
      ('acme', 'call_1', true, true, false, '2026-03-02T23:50:00Z'),
      ('acme', 'call_0', true, true, true, '2026-02-01T12:00:00Z')`);
  await migrated(database.url);
  const days = `select tenant_id as tenant, day::text from reactions.retell_days order by 1, 2`;
  expect(await database.rows(days)).toEqual([
    ...['2026-03-02', '2026-03-03', '2026-03-04'].map((day) => ({ tenant: 'acme', day })),
    { tenant: 'without-calls', day: '2026-03-04' },
  ]);
});
