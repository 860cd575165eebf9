/**
 * Baseline (a): what most people write. Express, HMAC over the raw body, one INSERT into a table with a UNIQUE
 * constraint. No evidence, no tenants, no translation, no limits.
 */
import pg from 'pg';
import { digestOf, listen } from './express-door.ts';

// Its table is the only copy, so what it answers 204 for must be on disk; the embedded Postgres, a read model that can
// be built again, does not wait for that by itself.
const options = '-c synchronous_commit=on';
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL!, max: 10, options });
await pool.query(`create table if not exists retell_events (
  id bigint generated always as identity primary key, call_id text not null, event text not null,
  payload_digest text not null, raw_json jsonb not null, created_at timestamptz not null default now(),
  unique (call_id, event, payload_digest))`);

listen(async ({ event, call }, body) => {
  await pool.query(
    'insert into retell_events (call_id, event, payload_digest, raw_json) values ($1, $2, $3, $4) on conflict do nothing',
    [call.call_id, event, digestOf(body), body.toString()],
  );
});
