import type { JsonObject } from '../events/json.ts';

/**
 * The stable views, as the query API and external SQL readers see them (A15). Each shows the live generation of
 * its projection. A change here is a change of the projection: raise its version.
 */
export type ReadModel = {
  call_sessions: CallSessionRow;
  call_session_calls: CallSessionCallRow;
  call_session_former_calls: CallSessionFormerCallRow;
  call_session_other_appointments: CallSessionOtherAppointmentRow;
  appointments: AppointmentRow;
  deliveries: DeliveryRow;
  tickets: TicketRow;
  customers: CustomerRow;
  outcome_changes: OutcomeChangeRow;
  appointment_changes: AppointmentChangeRow;
  quarantine: QuarantineRow;
};

export type CallSessionRow = {
  tenant_id: string;
  /** The call session id, or `call:<retell call id>` for a call without one. */
  id: string;
  status: string;
  status_reason: string;
  direction: string | null;
  appointment_id: string | null;
  contact_id: string | null;
  ticket_id: string | null;
  retell_call_id: string | null;
  retell_call_ids: string[];
  /** Those of them that were linked by phone number (A6). */
  matched_by_phone_number: string[] | null;
  agent_id: string | null;
  agent_name: string | null;
  from_number: string | null;
  to_number: string | null;
  customer_phone: string | null;
  started_at: Date | null;
  ended_at: Date | null;
  duration_ms: number | null;
  disconnection_reason: string | null;
  transferred: boolean;
  tenant_mismatch: boolean;
  archived: boolean;
  analysis_json: JsonObject | null;
  transcript: string | null;
  recording_url: string | null;
  requested_at: Date | null;
  created_at: Date;
  last_event_at: Date;
  revision: number;
};

/** Which session a call belongs to; how `call:<retell call id>` is found whatever the session's final id. */
export type CallSessionCallRow = {
  tenant_id: string;
  call_id: string;
  session_id: string;
  /** The first session that says it has placed the call. */
  placed_session_id: string | null;
  /** The session that the phone number led to (A6). */
  matched_session_id: string | null;
};

/** Sessions of a call that may have been in several: what it may have belonged to before (`at=`). */
export type CallSessionFormerCallRow = { tenant_id: string; session_id: string; call_id: string };

/** Appointments that a session has named and is not about: what it may have been about before (`at=`). */
export type CallSessionOtherAppointmentRow = { tenant_id: string; appointment_id: string; session_id: string };

export type AppointmentRow = {
  tenant_id: string;
  id: string;
  status: string;
  starts_at: Date | null;
  reschedule_text: string | null;
  cancellation_reason: string | null;
  needs_review: boolean;
  decided_by_call_id: string | null;
  notes_json: { text: string; at: string }[];
  created_at: Date;
  last_event_at: Date;
  /** When the call that decided started, else when its session became known. */
  deciding_call_at: Date | null;
};

/** A15 `retell_events`: one row per fact of a call; the raw bytes stand in the evidence stream. */
export type DeliveryRow = {
  tenant_id: string;
  call_id: string;
  /** The fact's id. */
  id: string;
  event: string;
  payload_digest: string | null;
  source: string;
  endpoint: string | null;
  /** Of the call, where the fact says it. */
  started_at: Date | null;
  occurred_at: Date;
  received_at: Date;
  recorded_at: Date;
  /** As text in JSON: a position exceeds what a JavaScript number holds. */
  position: string;
  revision: number;
};

export type TicketRow = {
  tenant_id: string;
  id: string;
  call_id: string;
  session_id: string;
  direction: string | null;
  status: string;
  active: boolean;
  action_required: boolean | null;
  transferred: boolean;
  customer_id: string | null;
  status_reason: string;
  set_by: string;
  mail: string;
  mail_reason: string | null;
  created_at: Date;
  last_event_at: Date;
};

export type CustomerRow = {
  tenant_id: string;
  id: string;
  /** E.164. */
  phone: string;
  raw_phones: string[];
  name: string | null;
  first_seen_at: Date;
  last_seen_at: Date;
  calls: number;
  created_at: Date;
};

/** A10: one row per change of a call's outcome; the position of the fact that made it is the live feed's cursor. */
export type OutcomeChangeRow = {
  position: string;
  tenant_id: string;
  call_id: string;
  session_id: string;
  appointment_id: string | null;
  outcome: string;
  changed_at: Date;
};

/** One row per change of an appointment by a call or by staff, at the position of the fact that made it. */
export type AppointmentChangeRow = Pick<
  AppointmentRow,
  | 'tenant_id'
  | 'status'
  | 'starts_at'
  | 'reschedule_text'
  | 'cancellation_reason'
  | 'needs_review'
  | 'decided_by_call_id'
> & { position: string; appointment_id: string; changed_at: Date };

/** Authentic deliveries that could not be understood, of all tenants: for administrators only. */
export type QuarantineRow = {
  tenant_id: string;
  /** `<tenant>.<digest of the body>` */
  id: string;
  endpoint: string;
  reason: string;
  received_at: Date;
  /** Bytes of the body. */
  size: number;
  /** When a retry made a fact of it, and which. */
  released_at: Date | null;
  released_call_id: string | null;
  released_fact_id: string | null;
  created_at: Date;
};
