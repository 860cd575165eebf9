// The read model for tests of the query API: the projections' own tables and views, and named examples of rows.
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll } from 'vitest';
import { createReadPool } from '../../src/postgres/pool.ts';
import { generationFor } from '../../src/projections/engine/generations.ts';
import { makeQueryIndexes } from '../../src/projections/engine/indexes.ts';
import { prepare } from '../../src/projections/engine/migrations.ts';
import { projections } from '../../src/projections/index.ts';
import type {
  AppointmentRow,
  CallSessionRow,
  DeliveryRow,
  ReadModel,
  TicketRow,
} from '../../src/projections/tables.ts';
import { createTestDatabase } from '../support/postgres.ts';

/** Tests write through the views. What a projection keeps beside, for itself, has then no value. */
const withoutTheRest = sql`do $$
declare kept record;
begin
  for kept in
    select c.table_name, c.column_name from information_schema.columns c
     where c.table_schema = 'projection' and c.is_nullable = 'NO' and c.table_name <> 'projections'
       and not exists (select from information_schema.key_column_usage k
                        where (k.table_schema, k.table_name, k.column_name) = (c.table_schema, c.table_name, c.column_name))
  loop
    execute format('alter table projection.%I alter column %I drop not null', kept.table_name, kept.column_name);
  end loop;
end $$`;

/** The read model of a test file, which is dropped after its last test. */
export async function readModelOfFile(fill?: (db: Kysely<ReadModel>) => Promise<void>) {
  const readModel = await createReadModel(fill);
  afterAll(() => readModel.drop());
  return readModel;
}

/** A database of its own with a read model; `fill` comes before its indexes, which is much faster. */
export async function createReadModel(fill: (db: Kysely<ReadModel>) => Promise<void> = async () => {}) {
  const database = await createTestDatabase();
  const pool = new pg.Pool({ connectionString: database.url, max: 2 });
  // Its connections may still be closing when the database is dropped.
  pool.on('error', () => {});
  const writer = new Kysely<ReadModel>({ dialect: new PostgresDialect({ pool }) });
  const anyDb = writer as unknown as Kysely<unknown>;
  await prepare(anyDb);
  const generations = [];
  for (const projection of projections) generations.push([projection, await generationFor(anyDb, projection)] as const);
  await withoutTheRest.execute(writer);
  await fill(writer);
  for (const [projection, generation] of generations)
    await makeQueryIndexes({ db: anyDb, projection, generation, logger: pino({ level: 'silent' }) });
  const db = new Kysely<ReadModel>({ dialect: new PostgresDialect({ pool: createReadPool(database.url) }) });
  return {
    url: database.url,
    db,
    writer,
    sessions: async (...rows: Partial<CallSessionRow>[]) => {
      const whole = rows.map(session);
      await writer.insertInto('call_sessions').values(whole).execute();
      const calls = whole.flatMap(({ tenant_id, id, retell_call_ids }) =>
        retell_call_ids.map((call_id) => ({ tenant_id, call_id, session_id: id })),
      );
      if (calls.length > 0) await writer.insertInto('call_session_calls').values(calls).execute();
    },
    appointments: async (...rows: Partial<AppointmentRow>[]) => {
      await writer.insertInto('appointments').values(rows.map(appointment)).execute();
    },
    tickets: async (...rows: Partial<TicketRow>[]) => {
      await writer.insertInto('tickets').values(rows.map(ticket)).execute();
    },
    deliveries: async (...rows: Partial<DeliveryRow>[]) => {
      await writer.insertInto('deliveries').values(rows.map(delivery)).execute();
    },
    clear: async () => {
      for (const view of ['call_sessions', 'call_session_calls', 'appointments', 'tickets', 'deliveries'] as const)
        await writer.deleteFrom(view).execute();
    },
    drop: async () => {
      await Promise.all([db.destroy(), writer.destroy()]);
      await database.drop();
    },
  };
}

let made = 0;
const next = () => ++made;

/** A pending session of tenant `acme`, of which nothing is known that a row need not have. */
export const session = (row: Partial<CallSessionRow> = {}): CallSessionRow => ({
  tenant_id: 'acme',
  erased: false,
  id: `session-${next()}`,
  status: 'pending',
  status_reason: 'in_progress',
  direction: null,
  appointment_id: null,
  contact_id: null,
  ticket_id: null,
  retell_call_id: row.retell_call_ids?.at(-1) ?? null,
  retell_call_ids: [],
  matched_by_phone_number: null,
  agent_id: null,
  agent_name: null,
  from_number: null,
  to_number: null,
  customer_phone: null,
  started_at: null,
  ended_at: null,
  duration_ms: null,
  disconnection_reason: null,
  transferred: false,
  tenant_mismatch: false,
  archived: false,
  analysis_json: null,
  transcript: null,
  recording_url: null,
  requested_at: null,
  created_at: at('10:00:00'),
  last_event_at: at('10:00:00'),
  revision: 1,
  ...row,
});

/** One of which everything is known. */
export const analysedCall: Partial<CallSessionRow> = {
  id: 'analysed',
  status: 'confirmed',
  status_reason: 'appointment_confirmed',
  direction: 'outbound',
  appointment_id: 'appointment-1',
  contact_id: 'contact-1',
  retell_call_id: 'call_2',
  retell_call_ids: ['call_1', 'call_2'],
  matched_by_phone_number: ['call_1'],
  agent_id: 'agent_1',
  agent_name: 'Ada',
  from_number: '+4930111',
  to_number: '+4930222',
  customer_phone: '+4930222',
  started_at: at('10:00:01.5'),
  ended_at: at('10:01:01.5'),
  duration_ms: 60_000,
  disconnection_reason: 'user_hangup',
  transferred: true,
  tenant_mismatch: true,
  analysis_json: {
    summary: 'Confirmed.',
    sentiment: 'Positive',
    successful: true,
    inVoicemail: false,
    custom: { n: 1.5, deep: { list: [null] } },
  },
  transcript: 'Agent: Hallo. User: Ja.',
  recording_url: 'https://example.com/recording.wav',
  requested_at: at('09:59:00'),
  last_event_at: at('10:02:00'),
  revision: 4,
};

export const appointment = (row: Partial<AppointmentRow> = {}): AppointmentRow => ({
  tenant_id: 'acme',
  erased: false,
  id: `appointment-${next()}`,
  status: 'scheduled',
  starts_at: null,
  reschedule_text: null,
  cancellation_reason: null,
  needs_review: false,
  decided_by_call_id: null,
  deciding_call_at: null,
  decided_by_json: null,
  status_reason: null,
  created_at: at('10:00:00'),
  last_event_at: at('10:00:00'),
  ...row,
  // The driver would make a Postgres array of it.
  notes_json: JSON.stringify(row.notes_json ?? []) as never,
});

export const ticket = (row: Partial<TicketRow> = {}): TicketRow => ({
  tenant_id: 'acme',
  erased: false,
  id: `ticket-${next()}`,
  call_id: 'call_1',
  session_id: 'session_1',
  direction: 'inbound',
  status: 'new',
  active: true,
  action_required: null,
  transferred: false,
  customer_id: null,
  status_reason: 'rule',
  set_by: 'rule',
  mail: 'none',
  mail_reason: null,
  created_at: at('10:00:00'),
  last_event_at: at('10:00:00'),
  ...row,
});

export const delivery = (row: Partial<DeliveryRow> = {}): DeliveryRow => ({
  tenant_id: 'acme',
  call_id: 'call_1',
  id: `fact-${next()}`,
  event: 'call_ended',
  payload_digest: null,
  source: 'webhook',
  endpoint: 'retell',
  started_at: null,
  occurred_at: at('10:00:00'),
  received_at: at('10:00:00.1'),
  recorded_at: at('10:00:00.2'),
  position: String(next()),
  revision: 0,
  ...row,
});

/** A time of the one day that these tests know. */
export function at(time: string): Date {
  return new Date(`2026-03-01T${time}Z`);
}
