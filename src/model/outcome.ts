import type { CallFacts } from '../events/call-facts.ts';
import {
  analysisFields,
  type CallClaim,
  type CallFact,
  type FieldReader,
  isActedOn,
  oncePerFact,
  readFlag,
} from './call-fact.ts';
import { type Scalar, wordOf } from './words.ts';

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

// The table of docs/outcomes.md, as data.

/** A flag, the value that speaks, and what it then says. Those of an appointment count on a call that was connected. */
const decisions: readonly (readonly [name: string, outcome: Decisive])[] = [
  ['appointment_confirmed', 'confirmed'],
  ['appointment_rescheduled', 'rescheduled'],
  ['appointment_cancelled', 'cancelled'],
];
const flags: readonly (readonly [name: string, value: boolean, outcome: Outcome])[] = [
  ['voicemail', true, 'voicemail'],
  ['no_answer', true, 'no_answer'],
  ['human_detected', false, 'no_answer'],
  ['busy', true, 'busy'],
  ['failed', true, 'failed'],
];

const selectors = ['appointment_outcome', 'outcome'] as const;
const selections: ReadonlyMap<string, Decisive> = new Map([
  ['confirmed', 'confirmed'],
  ['rescheduled', 'rescheduled'],
  ['cancelled', 'cancelled'],
  ['canceled', 'cancelled'],
]);

/** The fields of an analysis that decide an outcome, under our names. */
export const outcomeFields: readonly string[] = [...[...decisions, ...flags].map(([name]) => name), ...selectors];

/** Whether a selector with this value says an outcome. */
export const isSelection = (value: Scalar): boolean => selections.has(wordOf(value));

/** The outcomes that facts support, each with the reason that says it best. */
export type Supported = { readonly [O in Outcome]?: string };

/** What one fact supports by itself. */
export const supportedBy = oncePerFact((fact: CallFact): Supported => {
  if (!isActedOn(fact)) return {};
  const supported: Record<string, string> = {};
  const support = (outcome: Outcome, reason: string) => {
    const known = supported[outcome];
    supported[outcome] = known === undefined ? reason : preferred(known, reason);
  };
  const field = analysisFields(fact);
  if (!isUnreached(fact.data)) for (const [name, outcome] of decidedBy(field)) support(outcome, name);
  for (const [name, value, outcome] of flags) if (readFlag(field(name)) === value) support(outcome, name);
  if (fact.data.inVoicemail) support('voicemail', 'in_voicemail');
  const disconnected = outcomeOfEnding(fact.data);
  if (disconnected) support(disconnected, fact.data.disconnectionReason ?? fact.data.callStatus ?? 'failed');
  return supported;
});

/** What the analysis says became of the appointment, and the name of the field that says so. */
const decidedBy = (field: FieldReader): readonly (readonly [name: string, outcome: Decisive])[] => [
  ...decisions.filter(([name]) => readFlag(field(name)) === true),
  ...selectors.flatMap((name) =>
    field(name).flatMap((value) => {
      const outcome = selections.get(wordOf(value));
      return outcome === undefined ? [] : [[name, outcome] as const];
    }),
  ),
];

/** Whether a fact decides an appointment in a call that reached nobody: the disconnection outweighs that. */
export const ignoresDecision = (fact: CallClaim): boolean =>
  isActedOn(fact) && isUnreached(fact.data) && decidedBy(analysisFields(fact)).length > 0;

/**
 * "Ended by silence, and the other side was never heard": the halves may stand in different facts, and only both
 * together support "no answer". That no transcript came is neither.
 */
export type Silence = { readonly inactive: boolean; readonly unheard: boolean };

/** Of these the transcript is whole; before the end the other side may still speak. */
const concluding: ReadonlySet<string> = new Set(['CallEnded', 'CallAnalyzed']);

export const withSilence = ({ inactive, unheard }: Silence, fact: CallFact): Silence => ({
  inactive: inactive || (isActedOn(fact) && endsInSilence(fact.data) && fact.data.userSpoke !== true),
  unheard: unheard || (concluding.has(fact.type) && fact.data.userSpoke === false),
});

export const noAnswerBy = ({ inactive, unheard }: Silence): Supported =>
  inactive && unheard ? { no_answer: 'inactivity' } : {};

/** For one outcome, the better reason first; a vendor's reason that is not listed goes before all of these. */
const reasons: readonly string[] = [
  ...decisions.map(([name]) => name),
  ...selectors,
  ...[...disconnections]
    .filter(([, { outcome, silent }]) => silent || (outcome ?? 'failed') !== 'failed')
    .map(([w]) => w),
  'in_voicemail',
  ...flags.map(([name]) => name),
];

export function preferred(a: string, b: string): string {
  const difference = reasons.indexOf(a) - reasons.indexOf(b);
  return difference < 0 || (difference === 0 && a <= b) ? a : b;
}

/** What two sets of facts support together: a join, so order, grouping and repetition cannot matter (C5). */
export function joined(a: Supported, b: Supported): Supported {
  const both: Record<string, string> = { ...a };
  for (const outcome of outcomes) {
    const reason = b[outcome];
    if (reason === undefined) continue;
    const known = both[outcome];
    both[outcome] = known === undefined ? reason : preferred(known, reason);
  }
  return both;
}
