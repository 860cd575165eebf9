import type pg from 'pg';

/** The first session's; each next one began five seconds later. */
export const FIRST_AT = Date.parse('2026-01-01T00:00:00Z');
export const EVERY_MS = 5000;

const PIECE = 50_000;

/**
 * Writes analysed sessions, shaped like real ones, through the views into the live generation: ten thousand a second,
 * where the log would take minutes. No facts stand behind them, so what is measured is the query API alone. So many of
 * each hundred became known only after all others, as by a backfill.
 */
export async function insertSessions(client: pg.Client, sessions: number, backfilled = 0): Promise<void> {
  for (let from = 1; from <= sessions; from += PIECE) {
    const to = Math.min(sessions, from + PIECE - 1);
    await client.query(`
      insert into call_sessions (tenant_id, id, status, status_reason, direction, appointment_id, contact_id,
        retell_call_id, retell_call_ids, agent_id, agent_name, from_number, to_number, customer_phone, started_at,
        ended_at, duration_ms, disconnection_reason, transferred, tenant_mismatch, archived, erased, analysis_json, transcript,
        created_at, last_event_at, revision)
      select 'default', 'cs_' || n, status, status, direction, 'apt_' || n / 2, 'con_' || n % 50000, 'call_' || n,
        array['call_' || n], 'agent_1', 'Appointment Reminder',
        case direction when 'inbound' then customer else '+442079460018' end,
        case direction when 'inbound' then '+442079460018' else customer end, customer,
        at, at + interval '1 minute', 60000, 'user_hangup', false, false, n % 500 = 0, false,
        jsonb_build_object('summary', 'The customer ' || status || ' the appointment.', 'sentiment', 'Neutral',
          'successful', true, 'inVoicemail', false, 'custom', jsonb_build_object('note', 'Number ' || n)),
        'Agent: Can you make it on Thursday?' || repeat(' User: ' || md5(n::text) || '.', 12),
        known, known + interval '64 seconds', 3
      from generate_series(${from}, ${to}) n, lateral (select
        (array['confirmed', 'confirmed', 'confirmed', 'failed', 'no_answer', 'voicemail', 'rescheduled', 'cancelled'])
          [1 + (hashint4(n) & 7)] as status,
        case when hashint4(n + 1) & 7 = 0 then 'inbound' else 'outbound' end as direction,
        '+44770' || lpad((n % 50000)::text, 7, '0') as customer,
        to_timestamp(${FIRST_AT / 1000} + n * ${EVERY_MS / 1000}) as at) made,
        lateral (select case when hashint4(n + 2) & 127 < ${backfilled * 1.28}
          then to_timestamp(${FIRST_AT / 1000} + ${sessions} * ${EVERY_MS / 1000} + 86400 + n / 100.0)
          else at + interval '1 second' end as known) became`);
    await client.query(`insert into call_session_calls (tenant_id, call_id, session_id)
      select 'default', 'call_' || n, 'cs_' || n from generate_series(${from}, ${to}) n`);
  }
  // As autovacuum would within a minute.
  await client.query('vacuum analyze');
}
