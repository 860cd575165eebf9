import { type Kysely, sql } from 'kysely';
import { Migrator } from 'kysely/migration';

/** By name, run in the order of the names. One that was released is never changed; the next number changes its tables. */
export type Migrations = Readonly<Record<string, (trx: Kysely<unknown>) => Promise<void>>>;

/**
 * Runs the migrations that the schema's table `migrations` does not name, in one transaction and under a lock.
 * @param db best of a connection that is closed on failure, which frees the lock.
 */
export async function migrate(db: Kysely<unknown>, schema: string, migrations: Migrations): Promise<void> {
  const done = await migrationsDone(db, schema);
  if (Object.keys(migrations).every((name) => done.includes(name))) return;
  const own = Object.entries(migrations).map(([name, up]) => [name, { up }]);
  const migrator = new Migrator({
    db,
    // Kysely refuses a database with migrations that it does not know, so it gets those of later releases too.
    provider: {
      async getMigrations() {
        const others = (await migrationsDone(db, schema)).map((name) => [name, { up: async () => {} }]);
        return Object.fromEntries([...others, ...own]);
      },
    },
    migrationTableSchema: schema, // so it goes with the tables when somebody drops the schema
    migrationTableName: 'migrations',
    migrationLockTableName: 'migrations_lock',
    allowUnorderedMigrations: true,
  });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
}

async function migrationsDone(db: Kysely<unknown>, schema: string): Promise<readonly string[]> {
  const { rows } = await sql<{ there: boolean }>`
    select to_regclass(${`${schema}.migrations`}) is not null as there`.execute(db);
  if (!rows[0]!.there) return [];
  const done = await sql<{ name: string }>`select name from ${sql.id(schema, 'migrations')}`.execute(db);
  return done.rows.map(({ name }) => name);
}

/** Alters only what needs it: `alter table` waits for all readers of the table, and new ones then wait for it. */
export async function addMissingColumns(
  trx: Kysely<unknown>,
  schema: string,
  table: string,
  columns: Readonly<Record<string, string>>,
): Promise<void> {
  const { rows } = await sql<{ name: string }>`select column_name as name from information_schema.columns
    where table_schema = ${schema} and table_name = ${table}`.execute(trx);
  for (const [name, type] of Object.entries(columns))
    if (!rows.some((column) => column.name === name))
      await sql`alter table ${sql.id(schema, table)} add column ${sql.id(name)} ${sql.raw(type)}`.execute(trx);
}
