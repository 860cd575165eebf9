import { type Kysely, sql } from 'kysely';
import { addMissingColumns, type Migrations, migrate } from '../../postgres/migrate.ts';
import { lockGenerations } from '../../postgres/mutex.ts';

/** Makes the tables that all projections share. May run anywhere, at any time, in several processes at once. */
export const prepare = (db: Kysely<unknown>): Promise<void> => migrate(db, 'projection', migrations);

const migrations: Migrations = {
  /** Releases before this one made these tables wherever they were missing; so it takes over what is there. */
  async '0001_bookkeeping'(trx) {
    await lockGenerations(trx); // as those releases do
    await sql`create table if not exists projection.projections (
      name text not null,
      generation integer not null,
      version integer not null,
      state text not null check (state in ('live', 'building', 'previous')),
      checkpoint bigint,
      caught_up boolean not null default false,
      applied_at timestamptz,
      created_at timestamptz not null default now(),
      primary key (name, generation)
    )`.execute(trx);
    await addMissingColumns(trx, 'projection', 'projections', {
      indexed: 'boolean not null default false',
      operation: 'uuid',
      // since when it is 'previous'
      replaced_at: 'timestamptz',
      // replaced by one of its own version, which its writer then goes on with
      frozen: 'boolean not null default false',
      // while it is built: what was parked until then does not count against REBUILD_MAX_PARKED
      parked_accepted: 'timestamptz',
    });
    await sql`create unique index if not exists projections_one_live on projection.projections (name)
      where state = 'live'`.execute(trx);
    await sql`create table if not exists projection.operations (
      id uuid primary key,
      kind text not null check (kind in ('rebuild', 'verify', 'swap_back')),
      projection text not null,
      state text not null check (state in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
      done bigint, total bigint,
      result json, error json,
      requested_at timestamptz not null default now(), started_at timestamptz, finished_at timestamptz
    )`.execute(trx);
    await addMissingColumns(trx, 'projection', 'operations', { accept_parked: 'boolean not null default false' });
    await sql`create unique index if not exists operations_one_open on projection.operations (projection)
      where state in ('queued', 'running')`.execute(trx);
    // A parked stream belongs to a generation and is gone with it.
    await sql`create table if not exists projection.parked (
      id text primary key,
      projection text not null,
      generation integer not null,
      stream text not null,
      revision bigint not null,
      position bigint not null,
      type text not null,
      error text not null,
      parked_at timestamptz not null default now(),
      waiting integer not null,
      attempts integer not null default 0,
      redrive_requested_at timestamptz,
      unique (projection, generation, stream),
      foreign key (projection, generation) references projection.projections on delete cascade
    )`.execute(trx);
  },
  /** The event at the checkpoint, as `position:id`: another log has another one there. */
  async '0002_checkpoint_event'(trx) {
    await addMissingColumns(trx, 'projection', 'projections', { checkpoint_event: 'text' });
  },
  /** The log's first event: a log that was restored has the same one. */
  async '0003_origin'(trx) {
    await addMissingColumns(trx, 'projection', 'projections', { origin: 'text' });
  },
  /** Up to where the read model was when a rewrite was requested. */
  async '0004_rewrite'(trx) {
    await addMissingColumns(trx, 'projection', 'operations', { position: 'bigint' });
    await sql`alter table projection.operations drop constraint if exists operations_kind_check`.execute(trx);
    await sql`alter table projection.operations add constraint operations_kind_check
      check (kind in ('rebuild', 'verify', 'swap_back', 'rewrite'))`.execute(trx);
  },
};
