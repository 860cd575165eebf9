import type { CallFacts } from '../events/call-facts.ts';

/** Weakest first. The list *is* the ranking (A8); nothing else compares outcomes. */
export const outcomes = [
  'pending',
  'answered',
  'failed',
  'busy',
  'no_answer',
  'voicemail',
  'cancelled',
  'rescheduled',
  'confirmed',
] as const;
export type Outcome = (typeof outcomes)[number];

const strength = (outcome: Outcome): number => outcomes.indexOf(outcome);

export const stronger = (a: Outcome, b: Outcome): Outcome => (strength(a) >= strength(b) ? a : b);

/** An outcome, and the word that says what it rests on. */
export type Verdict = { readonly status: Outcome; readonly reason: string };

/** What settles an appointment; the rest never touches one (docs/rules.md, "Appointment"). */
export const decisive = ['confirmed', 'rescheduled', 'cancelled'] as const satisfies readonly Outcome[];
export type Decisive = (typeof decisive)[number];

// Every disconnection reason that the vendor's SDK or documentation has ever had, and what it means to us
// (docs/retell-api.md). A test compares it with the words that were found there, and with the SDK that is installed.

/** How the vendor says a call that is over ended. */
type Over = 'ended' | 'not_connected' | 'error';

export type Disconnection = {
  /** The call's status that goes with it, which may itself lag behind. */
  readonly status: Over;
  /** Absent: a conversation took place, of which the reason alone decides nothing. */
  readonly outcome?: 'voicemail' | 'no_answer' | 'busy' | 'failed';
  /** A human being has taken over. */
  readonly transferred?: true;
  /** The line went silent: nobody answered, if the other side was never heard before either. */
  readonly silent?: true;
};

const talked = { status: 'ended' } as const;
const transferred = { status: 'ended', transferred: true } as const;
const unreached = { status: 'not_connected', outcome: 'failed' } as const;
const broken = { status: 'error', outcome: 'failed' } as const;

/** For one outcome, the better reason first. */
export const disconnections: ReadonlyMap<string, Disconnection> = new Map<string, Disconnection>([
  ['voicemail_reached', { status: 'ended', outcome: 'voicemail' }],
  ['machine_detected', { status: 'ended', outcome: 'voicemail' }],
  ['dial_no_answer', { status: 'not_connected', outcome: 'no_answer' }],
  ['user_declined', { status: 'not_connected', outcome: 'no_answer' }],
  ['ivr_reached', { status: 'ended', outcome: 'no_answer' }],
  ['dial_busy', { status: 'not_connected', outcome: 'busy' }],
  ['inactivity', { status: 'ended', silent: true }],

  ['user_hangup', talked],
  ['agent_hangup', talked],
  ['max_duration_reached', talked],
  ['manual_stopped', talked],
  ['call_take_over', talked],
  ['no_concurrency_fallback', talked],
  ['user_requested_dnc', talked],
  ['user_requested_callback', talked],
  ['call_transfer', transferred],
  ['transfer_bridged', transferred],
  ['transfer_cancelled', talked],

  ['dial_failed', unreached],
  ['invalid_destination', unreached],
  ['telephony_provider_permission_denied', unreached],
  ['telephony_provider_unavailable', unreached],
  ['sip_routing_error', unreached],
  ['marked_as_spam', unreached],
  ['network_blocked', unreached],

  ['concurrency_limit_reached', broken],
  ['no_valid_payment', broken],
  ['credit_exhausted', broken],
  ['budget_reached', broken],
  ['scam_detected', broken],
  ['registered_call_timeout', broken],
  ['error_inbound_webhook', broken],
  ['error_llm_websocket_open', broken],
  ['error_llm_websocket_lost_connection', broken],
  ['error_llm_websocket_runtime', broken],
  ['error_llm_websocket_corrupt_payload', broken],
  ['error_frontend_corrupted_payload', broken],
  ['error_twilio', broken],
  ['error_no_audio_received', broken],
  ['error_asr', broken],
  ['error_retell', broken],
  ['error_unknown', broken],
  ['error_user_not_joined', broken],
]);

/** What a status says where no reason says better. */
const statuses: ReadonlyMap<string | undefined, Disconnection> = new Map<string | undefined, Disconnection>([
  ['not_connected', unreached],
  ['error', broken],
]);

/** What a fact says of how its call ended. */
type Ending = Pick<CallFacts, 'disconnectionReason' | 'callStatus'>;

/** Undefined for a word that is new to us: the status that goes with it decides. */
const reasonOf = ({ disconnectionReason: reason = '' }: Ending): Disconnection | undefined =>
  disconnections.get(reason) ?? (reason.startsWith('dial_') ? unreached : undefined);

/** The outcome that it supports by itself. */
export const outcomeOfEnding = (ending: Ending): Outcome | undefined =>
  reasonOf(ending)?.outcome ?? statuses.get(ending.callStatus)?.outcome;

/** Whether nobody was reached by dialling, so that nobody can have decided anything. */
export const isUnreached = (ending: Ending): boolean =>
  reasonOf(ending)?.status === 'not_connected' || ending.callStatus === 'not_connected';

export const endsInSilence = (ending: Ending): boolean => reasonOf(ending)?.silent === true;

export const endsInTransfer = (ending: Ending): boolean => reasonOf(ending)?.transferred === true;
