import { type Kysely, sql } from 'kysely';
import { addMissingColumns, type Migrations, migrate } from '../postgres/migrate.ts';

/** Makes the tables of all reactions. May run anywhere, at any time, in several processes at once. */
export const prepareTables = (db: Kysely<unknown>): Promise<void> => migrate(db, 'reactions', migrations);

const migrations: Migrations = {
  /** Releases before this one made these tables wherever they were missing; so it takes over what is there. */
  async '0001_bookkeeping'(trx) {
    // Small and disposable: with all of it lost, a reaction reads the log again from where it began.
    await sql`create table if not exists reactions.checkpoints (
      reaction text primary key, position numeric not null, origin text not null)`.execute(trx);
    await sql`create table if not exists reactions.waiting_calls (
      tenant_id text not null, call_id text not null, since timestamptz not null default now(),
      primary key (tenant_id, call_id))`.execute(trx);
    // What Retell was seen to know, and how far its lists were read. The log alone says what is true of a call.
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
      primary key (tenant_id, call_id))`.execute(trx);
    await sql`create index if not exists retell_calls_open on reactions.retell_calls (tenant_id)
      where not settled and not before_us`.execute(trx);
    await sql`create index if not exists retell_calls_day on reactions.retell_calls
      (tenant_id, coalesce(started_at, first_seen_at))`.execute(trx);
    await sql`create index if not exists retell_calls_end on reactions.retell_calls
      (tenant_id, coalesce(ended_at, first_seen_at)) where ended and not before_us`.execute(trx);
    await sql`create table if not exists reactions.retell_sweeps (
      tenant_id text not null, sweep text not null, swept_until timestamptz not null, complete boolean not null,
      primary key (tenant_id, sweep))`.execute(trx);
  },
  async '0002_retell_days'(trx) {
    // The days of which a list of Retell's was read to its end, and when last: of others there is no percentage.
    await sql`create table if not exists reactions.retell_days (
      tenant_id text not null, day date not null, asked_at timestamptz not null, primary key (tenant_id, day))`.execute(
      trx,
    );
    // Releases before this one moved the window only over lists that were read whole.
    await sql`
      insert into reactions.retell_days (tenant_id, day, asked_at)
      select w.tenant_id, day, w.swept_until from reactions.retell_sweeps w
        cross join lateral generate_series(
          date_trunc('day', least(w.swept_until, (select min(c.first_seen_at) from reactions.retell_calls c
            where c.tenant_id = w.tenant_id and not c.before_us)) at time zone 'UTC'),
          date_trunc('day', w.swept_until at time zone 'UTC'), interval '1 day') as day
      where w.sweep = 'window' on conflict do nothing`.execute(trx);
  },
  /** The event at the checkpoint, as `position:id`: another log, or one that was restored, has another one there. */
  async '0003_checkpoint_event'(trx) {
    await addMissingColumns(trx, 'reactions', 'checkpoints', { event: 'text' });
  },
  /** What the log has said of sent mails: it may be restored to a state that does not know of them. */
  async '0004_mails_sent'(trx) {
    await sql`create table if not exists reactions.mails_sent (
      origin text not null, tenant_id text not null, call_id text not null, opening integer not null,
      message_id text not null, seen_at timestamptz not null default now(),
      primary key (tenant_id, call_id, opening, origin))`.execute(trx);
  },
  /** News for webhook endpoints: which, and what became of it. Its content is read when it is sent. */
  async '0005_webhook_deliveries'(trx) {
    await sql`create table if not exists reactions.webhook_deliveries (
      id uuid primary key default gen_random_uuid(), n bigint not null generated always as identity,
      tenant_id text not null, endpoint_id text not null, type text not null,
      position bigint, subject text not null, call_id text, appointment_id text, changed_at timestamptz not null,
      state text not null default 'pending', attempts integer not null default 0, tries integer not null default 0,
      last_status integer, last_failure text, due_at timestamptz not null default now(),
      -- when its state last changed, or it was tried
      changed_on timestamptz not null default now(),
      unique (endpoint_id, position, type, subject, changed_at))`.execute(trx);
    for (const index of [
      '(endpoint_id, n)',
      '(endpoint_id, state, n)',
      '(changed_on)',
      `(endpoint_id, due_at, position, n) where state = 'pending'`,
      `(endpoint_id, position) where state = 'pending'`,
      `(endpoint_id, call_id, position, n) where state = 'pending' and tries = 0`,
      `(endpoint_id, appointment_id, position, n) where state = 'pending' and tries = 0`,
      `(state) where state in ('pending', 'dead')`,
    ])
      await sql`create index on reactions.webhook_deliveries ${sql.raw(index)}`.execute(trx);
    await sql`create table if not exists reactions.webhook_endpoints (
      endpoint_id text primary key, tenant_id text not null,
      -- since where in the log it wants what it wants, as far as that is queued
      wanted_after bigint,
      -- since when every attempt has failed
      failing_since timestamptz)`.execute(trx);
  },
  /** Streams of which changes will be shown at positions that were passed: they were parked then. */
  async '0006_webhook_parked'(trx) {
    await sql`create table if not exists reactions.webhook_parked
      (stream text primary key, position bigint not null)`.execute(trx);
  },
};
