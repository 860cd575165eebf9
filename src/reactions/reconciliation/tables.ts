import { type Kysely, sql } from 'kysely';

/**
 * What Retell was seen to know, and how far its lists were read. Disposable: with all of it lost, the next run starts
 * from there. What is true of a call stands in the log alone.
 */
export async function prepareTables(db: Kysely<unknown>): Promise<void> {
  await sql`create schema if not exists reactions`.execute(db);
  await sql`create table if not exists reactions.retell_calls (
    tenant_id text not null, call_id text not null,
    started_at timestamptz, ended_at timestamptz,
    ended boolean not null, analysed boolean not null,
    -- seen in the first list of all and without a time: from before this service, as far as anybody can tell; or never
    -- shown by Retell at all, and only asked for
    before_us boolean not null,
    -- all that Retell has of it has been recorded
    settled boolean not null default false,
    -- recorded as one that has no analysis
    closed boolean not null default false,
    first_seen_at timestamptz not null,
    tries integer not null default 0, next_at timestamptz not null default '-infinity', problem text,
    primary key (tenant_id, call_id))`.execute(db);
  await sql`create index if not exists retell_calls_open on reactions.retell_calls (tenant_id)
    where not settled and not before_us`.execute(db);
  await sql`create index if not exists retell_calls_day on reactions.retell_calls
    (tenant_id, coalesce(started_at, first_seen_at))`.execute(db);
  await sql`create index if not exists retell_calls_end on reactions.retell_calls
    (tenant_id, coalesce(ended_at, first_seen_at)) where ended and not before_us`.execute(db);
  await sql`create table if not exists reactions.retell_sweeps (
    tenant_id text not null, sweep text not null, swept_until timestamptz not null, complete boolean not null,
    primary key (tenant_id, sweep))`.execute(db);
}
