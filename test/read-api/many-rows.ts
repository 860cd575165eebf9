// A read model as large as it takes for a plan to matter: one tenant with much, others with little, and what a filter
// finds seldom only among the oldest.
import { type Kysely, sql } from 'kysely';
import type { ReadModel } from '../../src/projections/tables.ts';

/** Of tenant `acme`, in every view; number 1 is the newest. */
export const MANY = 40_000;
/** Of each of the other tenants. */
const FEW = 2500;
/** The oldest, which alone have what is rare. */
const OLDEST = MANY - 20;

/** Each row's tenant, number `n`, age as `created_at`, and the ids of its call and session. */
const everyone = sql`(
  select 'acme' as tenant_id, n from generate_series(1, ${sql.lit(MANY)}) n
  union all select tenant, n from unnest(array['other', 'bolt', 'cask', 'dune']) tenant, generate_series(1, ${sql.lit(FEW)}) n
) tenants cross join lateral (
  select timestamptz '2026-03-01' - n * interval '1 minute' as at, 'call-' || n as call_id, 'session-' || n as session_id,
    n > ${sql.lit(OLDEST)} as oldest, '+49151' || lpad((n % 9000)::text, 7, '0') as customer
) made`;

/** Fills every view through which the query API reads. Postgres counts as the indexes are made. */
export async function fillReadModel(db: Kysely<ReadModel>): Promise<void> {
  await sql`insert into call_sessions (tenant_id, id, status, status_reason, direction, appointment_id, contact_id, retell_call_id,
      retell_call_ids, from_number, to_number, customer_phone, started_at, transferred, tenant_mismatch, archived,
      transcript, created_at, last_event_at, revision)
    select tenant_id, session_id, case when oldest then 'busy' when n % 3 = 0 then 'failed' else 'confirmed' end, 'seeded',
      case when oldest then 'web' when n % 4 = 0 then 'inbound' else 'outbound' end, 'appointment-' || n / 2, 'contact-' || n / 3, call_id,
      array[call_id], case n % 4 when 0 then customer else '+4930100' end, case n % 4 when 0 then '+4930100' else customer end,
      customer, at + interval '2 seconds', false, false, n % 2000 = 0, repeat('What was said. ', 30), at, at, 3
    from ${everyone}`.execute(db);
  await sql`insert into call_session_calls (tenant_id, call_id, session_id)
    select tenant_id, call_id, session_id from ${everyone}`.execute(db);
  await sql`insert into appointments (tenant_id, id, status, starts_at, needs_review, deciding_call_at,
      notes_json, created_at, last_event_at)
    select tenant_id, 'appointment-' || n, case when oldest then 'cancelled' else 'confirmed' end, at + interval '7 days',
      oldest, at, '[]', at, at from ${everyone}`.execute(db);
  await sql`insert into tickets (tenant_id, id, call_id, session_id, direction, status, active, action_required, transferred, customer_id,
      status_reason, set_by, mail, created_at, last_event_at)
    select tenant_id, 'tkt_' || call_id, call_id, session_id, case when oldest then 'outbound' else 'inbound' end,
      case when oldest then 'contacted' else 'closed' end, oldest,
      case when oldest then true when n % 3 = 0 then false end, false, 'customer-' || n % 9000, 'seeded', 'rule',
      case when oldest then 'failed' when n % 2000 = 0 then 'not_sent' else 'none' end, at, at from ${everyone}`.execute(
    db,
  );
  await sql`insert into customers (tenant_id, id, phone, raw_phones, first_seen_at, last_seen_at, calls, created_at)
    select tenant_id, 'customer-' || n, '+49171' || n, array['0171/' || n], at, at, 1, at from ${everyone}`.execute(db);
  await sql`insert into deliveries (tenant_id, call_id, id, event, source, occurred_at, received_at, recorded_at, position,
      revision)
    select tenant_id, call_id, md5(tenant_id || call_id), 'CallEnded', 'webhook', at, at, at, row_number() over (), 0
    from ${everyone}`.execute(db);
  await sql`insert into outcome_changes (position, tenant_id, call_id, session_id, outcome, changed_at)
    select row_number() over (), tenant_id, call_id, session_id, 'confirmed', at from ${everyone}`.execute(db);
  await sql`insert into appointment_changes (position, tenant_id, appointment_id, status, needs_review, changed_at)
    select row_number() over () * 3, tenant_id, 'appointment-' || n, 'confirmed', false, at from ${everyone}`.execute(
    db,
  );
  await sql`insert into quarantine (tenant_id, id, endpoint, reason, received_at, size, released_at, created_at)
    select tenant_id, tenant_id || '.' || n, 'retell', case when oldest then 'not_json' else 'not_a_call' end, at, 1000,
      case when oldest then at end, at from ${everyone}`.execute(db);
}
