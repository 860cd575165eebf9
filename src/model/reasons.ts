// Why things are as they are, in a sentence each: for the API's enums, docs/words.md and the console.
// None is renamed or taken away. New ones may come, of Retell's own at any time.

import type { QuarantineReason } from '../events/raw-delivery.ts';

/** `statusReason` of a call session: of what facts of its calls say. */
const saidOfCalls = {
  requested: 'The call was asked for here, and nothing has been heard of it yet.',
  in_progress: 'The call has not ended, as far as is known.',
  analysis_missing: 'The call has ended; its analysis has not come yet.',
  answered: 'A conversation took place; the call is about no appointment.',
  undecided: 'The call ended, and nothing says what became of the appointment: somebody should ask.',
  appointment_confirmed: 'The agent noted that the appointment is confirmed.',
  appointment_rescheduled: 'The agent noted that the appointment was moved.',
  appointment_cancelled: 'The agent noted that the appointment is cancelled.',
  appointment_outcome: 'The agent noted what became of the appointment, in the field `appointment_outcome`.',
  outcome: 'The agent noted what became of the appointment, in the field `outcome`.',
  in_voicemail: 'Retell says that the call reached a voicemail.',
  voicemail: 'The agent noted that a voicemail answered.',
  no_answer: 'The agent noted that nobody answered.',
  human_detected: 'The agent noted that no person was on the line.',
  busy: 'The agent noted that the line was busy.',
  failed: 'The agent noted that the call failed, or Retell gave no reason for its end.',
  not_connected: 'Retell says that the call was not connected, and not why.',
  error: 'Retell says that the call ended in an error, and not in which.',
} as const;

/** Of a request that Retell did not carry out. */
const notPlaced = {
  destination_not_allowed: 'No call was placed: the tenant does not call numbers of this country.',
  daily_limit_reached: "No call was placed: the tenant's calls of the day were used up.",
  retell_invalid_request: 'No call was placed: Retell found the request invalid.',
  retell_key_rejected: "No call was placed: Retell does not accept the tenant's API key.",
  retell_payment_required: 'No call was placed: the Retell account needs a payment method.',
  retell_not_found: 'No call was placed: Retell knows no such number or agent.',
  retell_rate_limited: 'No call was placed: Retell took no more requests.',
  retell_concurrency_limit: 'No call was placed: as many calls as the Retell account allows were under way.',
  retell_unreachable: 'No call was placed: Retell could not be reached.',
  retell_refused: 'No call was placed: Retell refused the request.',
  request_expired: 'No call was placed: the request was recorded too late to be carried out.',
  not_placed: 'No call was placed: Retell did not answer, and its lists hold no such call.',
} as const;

/** Retell's disconnection reasons, old ones too; only some of them decide an outcome. */
const disconnections = {
  voicemail_reached: 'The call reached a voicemail.',
  machine_detected: 'A machine answered.',
  dial_no_answer: 'It rang, and nobody picked up.',
  user_declined: 'The call was declined.',
  ivr_reached: 'A telephone menu answered.',
  dial_busy: 'The line was busy.',
  inactivity: 'The line stayed silent, and nobody was heard any more.',
  user_hangup: 'The other side hung up.',
  agent_hangup: 'The agent hung up.',
  max_duration_reached: 'The call reached its longest duration.',
  manual_stopped: 'The call was stopped by hand.',
  call_take_over: 'A person took the call over.',
  no_concurrency_fallback: 'There was no free line, and the call went to the fallback.',
  user_requested_dnc: 'The other side asked not to be called again.',
  user_requested_callback: 'The other side asked to be called back.',
  call_transfer: 'The call was transferred.',
  transfer_bridged: 'The call was transferred, and the transfer was connected.',
  transfer_cancelled: 'A transfer was cancelled.',
  dial_failed: 'The number could not be dialled.',
  invalid_destination: 'The number does not exist, or cannot be called.',
  telephony_provider_permission_denied: 'The telephony provider does not allow the call.',
  telephony_provider_unavailable: 'The telephony provider could not be reached.',
  sip_routing_error: 'The call could not be routed.',
  marked_as_spam: 'The call was marked as spam.',
  network_blocked: 'The network blocked the call.',
  concurrency_limit_reached: 'As many calls as the Retell account allows were under way.',
  no_valid_payment: 'The Retell account had no valid payment.',
  credit_exhausted: "The Retell account's credit was used up.",
  budget_reached: "The Retell account's budget was reached.",
  scam_detected: 'Retell took the call for a scam.',
  registered_call_timeout: 'The registered call never began.',
  error_inbound_webhook: 'The webhook for inbound calls failed.',
  error_llm_websocket_open: "The agent's own model could not be connected.",
  error_llm_websocket_lost_connection: "The connection to the agent's own model was lost.",
  error_llm_websocket_runtime: "The agent's own model failed.",
  error_llm_websocket_corrupt_payload: "The agent's own model sent what makes no sense.",
  error_frontend_corrupted_payload: "The browser's end sent what makes no sense.",
  error_twilio: 'Twilio reported an error.',
  error_no_audio_received: 'No sound came.',
  error_asr: 'Speech recognition failed.',
  error_retell: 'Something failed at Retell.',
  error_unknown: 'Something failed, and Retell does not say what.',
  error_user_not_joined: 'The other side never joined.',
} as const;

/** `statusReason` of a call session, and of an event about the outcome of a call. */
export const callReasons: Readonly<Record<string, string>> = { ...saidOfCalls, ...notPlaced, ...disconnections };

const { in_progress, analysis_missing } = saidOfCalls;
const { appointment_confirmed, appointment_rescheduled, appointment_cancelled, appointment_outcome, outcome } =
  saidOfCalls;

/** `statusReason` of an appointment. */
export const appointmentReasons = {
  ...{ appointment_confirmed, appointment_rescheduled, appointment_cancelled, appointment_outcome, outcome },
  staff: 'Staff have said so.',
} as const;

/** `statusReason` of a ticket. */
export const ticketReasons = {
  transferred: 'The caller was transferred to a person.',
  action_required: 'The agent noted that something has to be done.',
  action_not_required: 'The agent noted that nothing has to be done.',
  qualified: 'The agent noted that the caller is a good prospect.',
  successful: 'Retell says that the call did what it was for.',
  conversation: 'A conversation took place; nothing says whether something is left to be done.',
  unanswered: 'Nobody spoke; somebody may want to call back.',
  ...{ in_progress, analysis_missing },
  outbound_default: 'An outbound call, and nothing says that something is left to be done.',
  staff: 'Staff have set the status.',
} as const;

/** `mailReason` of a ticket. */
export const mailReasons = {
  disabled: 'Mails are switched off in the settings of the tenant.',
  no_recipients: 'The tenant has no recipients of mails.',
  no_smtp: 'This installation has no mail server.',
  erased: 'The person was erased before the mail was sent.',
  recipients_refused: 'The mail server refused some of the recipients for good.',
} as const;

/** `reason` of a delivery in quarantine. */
export const quarantineReasons = {
  not_json: 'The body is no JSON.',
  schema_invalid: 'A field that is needed is missing, or is of another type.',
  too_deep: 'It is nested too deeply.',
  too_many_fields: 'It has too many fields.',
  call_id_invalid: 'Its call has no id that can be one.',
  not_a_call: 'It is about a chat, or asks before a call; there is nothing to record.',
  untranslatable: 'This version fails at it; a later one may not.',
  tenant_mismatch: 'Several tenants hold its key, and it names none of them.',
  stream_deleted: 'The record of its call was deleted for good in the event store.',
} as const satisfies Record<QuarantineReason, string>;
