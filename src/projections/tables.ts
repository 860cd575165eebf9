import type { JsonObject } from '../events/json.ts';
import type { DecidedBy } from '../model/appointment.ts';

/** What the driver makes of a type of Postgres. */
type Read = {
  text: string;
  'text[]': string[];
  boolean: boolean;
  integer: number;
  'double precision': number;
  /** Exceeds what a JavaScript number holds. */
  bigint: string;
  timestamptz: Date;
};

type InJson = { analysis_json: JsonObject; notes_json: { text: string; at: string }[]; decided_by_json: DecidedBy };

type SqlType = keyof Read | 'jsonb';
type Columns = Readonly<Record<string, SqlType | `${SqlType} not null`>>;

const ticket = {
  tenant_id: 'text not null',
  id: 'text not null',
  call_id: 'text not null',
  session_id: 'text not null',
  direction: 'text',
  status: 'text not null',
  active: 'boolean not null',
  action_required: 'boolean',
  transferred: 'boolean not null',
  customer_id: 'text',
  status_reason: 'text not null',
  set_by: 'text not null',
  mail: 'text not null',
  mail_reason: 'text',
  created_at: 'timestamptz not null',
  last_event_at: 'timestamptz not null',
} as const satisfies Columns;

/**
 * The columns of the stable views, as the query API and external SQL readers see them (A15); each view shows the live
 * generation. A change here is a change of the projection: raise its version.
 */
export const columns = {
  call_sessions: {
    tenant_id: 'text not null',
    /** The call session id, or `call:<retell call id>` for a call without one. */
    id: 'text not null',
    status: 'text not null',
    status_reason: 'text not null',
    direction: 'text',
    appointment_id: 'text',
    contact_id: 'text',
    ticket_id: 'text',
    retell_call_id: 'text',
    retell_call_ids: 'text[] not null',
    /** Those of them that were linked by phone number (A6). */
    matched_by_phone_number: 'text[]',
    agent_id: 'text',
    agent_name: 'text',
    from_number: 'text',
    to_number: 'text',
    customer_phone: 'text',
    started_at: 'timestamptz',
    ended_at: 'timestamptz',
    duration_ms: 'double precision',
    disconnection_reason: 'text',
    transferred: 'boolean not null',
    tenant_mismatch: 'boolean not null',
    archived: 'boolean not null',
    analysis_json: 'jsonb',
    transcript: 'text',
    recording_url: 'text',
    requested_at: 'timestamptz',
    created_at: 'timestamptz not null',
    last_event_at: 'timestamptz not null',
    revision: 'integer not null',
    /** The persons of all its parts are erased. */
    erased: 'boolean not null',
  },
  /** Which session a call belongs to; how `call:<retell call id>` is found whatever the session's final id. */
  call_session_calls: {
    tenant_id: 'text not null',
    call_id: 'text not null',
    session_id: 'text not null',
    /** The first session whose facts say that it placed the call. */
    placed_session_id: 'text',
    /** The session that the phone number led to (A6); never changes. */
    matched_session_id: 'text',
    /** Every number that it was from or to, in E.164; none of an erased call. */
    phones: 'text[]',
  },
  /** Sessions of a call that may have been in several: what it may have belonged to before (`at=`). */
  call_session_former_calls: { tenant_id: 'text not null', session_id: 'text not null', call_id: 'text not null' },
  /** Appointments that a session has named and is not about: what it may have been about before (`at=`). */
  call_session_other_appointments: {
    tenant_id: 'text not null',
    appointment_id: 'text not null',
    session_id: 'text not null',
  },
  appointments: {
    tenant_id: 'text not null',
    id: 'text not null',
    status: 'text not null',
    starts_at: 'timestamptz',
    reschedule_text: 'text',
    cancellation_reason: 'text',
    needs_review: 'boolean not null',
    decided_by_call_id: 'text',
    notes_json: 'jsonb not null',
    created_at: 'timestamptz not null',
    last_event_at: 'timestamptz not null',
    // Behind the others: Postgres adds columns to a view at its end alone.
    /** When the call that decided started, else when its session became known. */
    deciding_call_at: 'timestamptz',
    decided_by_json: 'jsonb',
    status_reason: 'text',
    erased: 'boolean not null',
  },
  /** A15 `retell_events`: one row per fact of a call; the evidence stream has the raw bytes. */
  deliveries: {
    tenant_id: 'text not null',
    call_id: 'text not null',
    /** The fact's id. */
    id: 'text not null',
    event: 'text not null',
    payload_digest: 'text',
    source: 'text not null',
    endpoint: 'text',
    /** Of the call, where the fact says it. */
    started_at: 'timestamptz',
    occurred_at: 'timestamptz not null',
    received_at: 'timestamptz not null',
    recorded_at: 'timestamptz not null',
    position: 'bigint not null',
    revision: 'integer not null',
  },
  tickets: { ...ticket, erased: 'boolean not null' },
  customers: {
    tenant_id: 'text not null',
    id: 'text not null',
    /** E.164. */
    phone: 'text not null',
    raw_phones: 'text[] not null',
    name: 'text',
    first_seen_at: 'timestamptz not null',
    last_seen_at: 'timestamptz not null',
    calls: 'integer not null',
    created_at: 'timestamptz not null',
  },
  /** A10: one row per change of a call's outcome; the position of the fact that made it is the live feed's cursor. */
  outcome_changes: {
    position: 'bigint not null',
    tenant_id: 'text not null',
    call_id: 'text not null',
    session_id: 'text not null',
    appointment_id: 'text',
    outcome: 'text not null',
    changed_at: 'timestamptz not null',
    status_reason: 'text not null',
    occurred_at: 'timestamptz not null',
  },
  /** One row per change of an appointment by a call or by staff, at the position of the fact that made it. */
  appointment_changes: {
    position: 'bigint not null',
    tenant_id: 'text not null',
    appointment_id: 'text not null',
    status: 'text not null',
    starts_at: 'timestamptz',
    reschedule_text: 'text',
    cancellation_reason: 'text',
    needs_review: 'boolean not null',
    decided_by_call_id: 'text',
    changed_at: 'timestamptz not null',
    decided_by_json: 'jsonb',
    status_reason: 'text',
    occurred_at: 'timestamptz not null',
  },
  /** One row per opening of a ticket, and per change of its status, of whether it is active, or of who set it. */
  ticket_changes: {
    position: 'bigint not null',
    /** `opened` or `changed`. */
    change: 'text not null',
    ...ticket,
    changed_at: 'timestamptz not null',
    erased: 'boolean not null',
  },
  /** Authentic deliveries that could not be understood, of all tenants: for administrators only. */
  quarantine: {
    tenant_id: 'text not null',
    /** `<tenant>.<digest of the body>` */
    id: 'text not null',
    endpoint: 'text not null',
    reason: 'text not null',
    received_at: 'timestamptz not null',
    /** Bytes of the body. */
    size: 'integer not null',
    /** When a retry made a fact of it, and which. */
    released_at: 'timestamptz',
    released_call_id: 'text',
    released_fact_id: 'text',
    created_at: 'timestamptz not null',
    erased_at: 'timestamptz',
  },
} as const satisfies Readonly<Record<string, Columns>>;

type Value<Type, Column> = Type extends keyof Read ? Read[Type] : Column extends keyof InJson ? InJson[Column] : never;

/** A row of such columns, as it is read. */
export type RowOf<C> = {
  -readonly [K in keyof C]: C[K] extends `${infer Type} not null` ? Value<Type, K> : Value<C[K], K> | null;
};

export type ReadModel = { [T in keyof typeof columns]: RowOf<(typeof columns)[T]> };
export type CallSessionRow = ReadModel['call_sessions'];
export type AppointmentRow = ReadModel['appointments'];
export type DeliveryRow = ReadModel['deliveries'];
export type TicketRow = ReadModel['tickets'];
export type CustomerRow = ReadModel['customers'];
export type OutcomeChangeRow = ReadModel['outcome_changes'];

type Camel<Name> = Name extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : Name;

/** The field that a column holds: `startedAt` of `started_at`, `notes` of `notes_json`. */
type Field<Column> = Column extends `${infer Name}_json` ? Camel<Name> : Camel<Column>;

export type FieldOf<T extends keyof ReadModel> = Field<keyof ReadModel[T]>;

/** The columns of a view, each with its field. */
export const fieldsOf = (view: keyof ReadModel) =>
  Object.entries<string>(columns[view]).map(([column, type]) => ({
    column,
    field: column.replace(/_json$/, '').replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
    type,
  }));

/** Makes a view's rows of documents that have its fields; one that is undefined becomes null when it is written. */
export function rowMaker<T extends keyof ReadModel>(view: T) {
  const fields = fieldsOf(view);
  return <D extends object>(
    document: D & { readonly [F in Exclude<FieldOf<T>, keyof D>]: unknown },
  ): { readonly [K in keyof ReadModel[T]]: unknown } => {
    const from = document as Readonly<Record<string, unknown>>;
    // Copying an object that has all columns is faster than adding them one by one.
    const row: Record<string, unknown> = { ...columns[view] };
    for (const { column, field } of fields) row[column] = from[field];
    return row as { readonly [K in keyof ReadModel[T]]: unknown };
  };
}
