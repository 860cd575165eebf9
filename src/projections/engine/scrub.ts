import { type Kysely, sql } from 'kysely';
import { connect } from '../../postgres/connection.ts';
import { isLockTimeout } from '../../postgres/errors.ts';
import { dropReplaced } from './clean-up.ts';
import { type Generation, generations } from './generations.ts';
import { hasRewritten, requestOperation } from './operations.ts';
import type { Projection } from './projection.ts';

/** Whether old bytes are gone from the files of the read model. `unknown`: this role may not rewrite all of its tables. */
export type Scrubbed = 'done' | 'pending' | 'unknown';

type ScrubOptions = {
  readonly databaseUrl: string;
  readonly projections: readonly Projection[];
  /** Up to where the read model has applied what cleared its rows. It only grows. */
  readonly position: bigint;
};

/**
 * Removes from Postgres' files what rows were before they were cleared: call it again until it is done. Only once the log
 * is scavenged, since a rebuild reads what is there.
 */
export async function scrub({ databaseUrl, projections, position }: ScrubOptions): Promise<Scrubbed> {
  await using connection = await connect(databaseUrl, 'scrub', { queryTimeoutMs: 0 });
  const { db } = connection;
  const states = [];
  for (const projection of projections) states.push(await rewriteOf(db, projection, position));
  if (states.includes('pending')) return 'pending';
  try {
    return await rewriteOthers(db);
  } catch (error) {
    if (!isLockTimeout(error)) throw error;
    return 'pending';
  }
}

/** The tables of generations are rewritten by an operation, and what it has replaced is dropped at once. */
async function rewriteOf(db: Kysely<unknown>, projection: Projection, position: bigint): Promise<'done' | 'pending'> {
  if (!(await hasRewritten(db, projection.name, position))) {
    const all = await generations(db, projection.name);
    // One that an earlier reading of the log has begun takes the live one's place first.
    const isBuilt = all.some(({ state, operation }) => state === 'building' && operation === undefined);
    if (!isBuilt) await requestOperation(db, 'rewrite', projection.name, { position });
    return 'pending';
  }
  await dropReplaced(db, projection);
  const { name, replaces = [] } = projection;
  const isLeft = (one: Generation) => one.state === 'previous' && (one.name === name || replaces.includes(one.name));
  return (await generations(db)).some(isLeft) ? 'pending' : 'done';
}

const LOCK_TIMEOUT = '2s';

/** The tables that are no generation's, which are small, and the statistics, which quote the commonest values. */
async function rewriteOthers(db: Kysely<unknown>): Promise<Scrubbed> {
  await sql`set lock_timeout = ${sql.lit(LOCK_TIMEOUT)}; set statement_timeout = 0`.execute(db);
  // A verification lists rows that differ, with their values.
  await sql`update projection.operations set result = ((result::jsonb - 'differences') || '{"truncated": true}')::json
    where json_array_length(result->'differences') > 0`.execute(db);
  const { rows } = await sql<{ name: string }>`
    select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname in ('projection', 'reactions', 'pgboss') and c.relkind = 'r'
       and not exists (select from projection.projections p
             where n.nspname = 'projection' and starts_with(c.relname, p.name || '_' || p.generation || '_'))
     order by 1`.execute(db);
  // The statistics last: those of the tables are made anew before.
  const tables = [...rows.map(({ name }) => name), 'pg_catalog.pg_statistic'];
  let isComplete = true;
  for (const table of tables) isComplete = (await rewriteTable(db, table)) && isComplete;
  return isComplete ? 'done' : 'unknown';
}

/** False: this role may not, which Postgres only warns of. */
async function rewriteTable(db: Kysely<unknown>, table: string): Promise<boolean> {
  const file = async () =>
    (await sql<{ file: string }>`select pg_relation_filenode(${table}::regclass)::text as file`.execute(db)).rows[0]
      ?.file;
  const before = await file();
  await sql`vacuum (full, analyze) ${sql.raw(table)}`.execute(db);
  return (await file()) !== before;
}
