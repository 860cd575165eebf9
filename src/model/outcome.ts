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

/** Weakest first. The list *is* the ranking (A8); outcomes are compared nowhere else. */
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

/** An outcome and the reason for it. */
export type Verdict = { readonly status: Outcome; readonly reason: string };

/** The outcomes that decide an appointment (docs/rules.md, "Appointment"). */
export const decisive = ['confirmed', 'rescheduled', 'cancelled'] as const satisfies readonly Outcome[];
export type Decisive = (typeof decisive)[number];

// Every disconnection reason of the vendor's SDK and documentation, and its meaning (docs/retell-api.md). A test
// compares the list with both.

/** The vendor's statuses of a call that is over. */
type Over = 'ended' | 'not_connected' | 'error';

export type Disconnection = {
  /** The call status that belongs to it; the one in a payload may lag behind. */
  readonly status: Over;
  /** Absent: a conversation took place, and the reason alone decides nothing. */
  readonly outcome?: 'voicemail' | 'no_answer' | 'busy' | 'failed';
  readonly transferred?: true;
  /** The line went silent: nobody answered, if the other side was never heard. */
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

/** The meaning of a status when no reason is given. */
const statuses: ReadonlyMap<string | undefined, Disconnection> = new Map<string | undefined, Disconnection>([
  ['not_connected', unreached],
  ['error', broken],
]);

type Ending = Pick<CallFacts, 'disconnectionReason' | 'callStatus'>;

/** Undefined for an unknown reason: then the status decides. */
const reasonOf = ({ disconnectionReason: reason = '' }: Ending): Disconnection | undefined =>
  disconnections.get(reason) ?? (reason.startsWith('dial_') ? unreached : undefined);

export const outcomeOfEnding = (ending: Ending): Outcome | undefined =>
  reasonOf(ending)?.outcome ?? statuses.get(ending.callStatus)?.outcome;

/** Whether the call reached nobody, who then cannot have decided anything. */
export const isUnreached = (ending: Ending): boolean =>
  reasonOf(ending)?.status === 'not_connected' || ending.callStatus === 'not_connected';

const endsInSilence = (ending: Ending): boolean => reasonOf(ending)?.silent === true;

export const endsInTransfer = (ending: Ending): boolean => reasonOf(ending)?.transferred === true;

// The table of docs/outcomes.md, as data.

/** Flag, value, and the outcome that this value supports. Appointment flags count only on a connected call. */
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

/** Whether this value of a selector means an outcome. */
export const isSelection = (value: Scalar): boolean => selections.has(wordOf(value));

/** The supported outcomes, each with its best reason. */
export type Supported = { readonly [O in Outcome]?: string };

export const supportedBy = oncePerFact((fact: CallFact): Supported => {
  if (!isActedOn(fact)) return {};
  const supported: Record<string, string> = {};
  const support = (outcome: Outcome, reason: string) => {
    const other = supported[outcome];
    supported[outcome] = other === undefined ? reason : preferred(other, reason);
  };
  const field = analysisFields(fact);
  if (!isUnreached(fact.data)) for (const [name, outcome] of decidedBy(field)) support(outcome, name);
  for (const [name, value, outcome] of flags) if (readFlag(field(name)) === value) support(outcome, name);
  if (fact.data.inVoicemail) support('voicemail', 'in_voicemail');
  const disconnected = outcomeOfEnding(fact.data);
  if (disconnected) support(disconnected, fact.data.disconnectionReason ?? fact.data.callStatus ?? 'failed');
  return supported;
});

/** The outcomes for the appointment by the analysis, with the field that says so. */
const decidedBy = (field: FieldReader): readonly (readonly [name: string, outcome: Decisive])[] => [
  ...decisions.filter(([name]) => readFlag(field(name)) === true),
  ...selectors.flatMap((name) =>
    field(name).flatMap((value) => {
      const outcome = selections.get(wordOf(value));
      return outcome === undefined ? [] : [[name, outcome] as const];
    }),
  ),
];

/** Whether a fact decides an appointment in a call that reached nobody: the disconnection outweighs it. */
export const ignoresDecision = (fact: CallClaim): boolean =>
  isActedOn(fact) && isUnreached(fact.data) && decidedBy(analysisFields(fact)).length > 0;

/**
 * Ended by silence, and the other side never heard: only both together mean "no answer", and they may come in different
 * facts.
 */
export type Silence = { readonly inactive: boolean; readonly unheard: boolean };

/** Their transcript is complete; before the end the other side may still speak. */
const concluding: ReadonlySet<string> = new Set(['CallEnded', 'CallAnalyzed']);

export const withSilence = ({ inactive, unheard }: Silence, fact: CallFact): Silence => ({
  inactive: inactive || (isActedOn(fact) && endsInSilence(fact.data) && fact.data.userSpoke !== true),
  unheard: unheard || (concluding.has(fact.type) && fact.data.userSpoke === false),
});

export const noAnswerBy = ({ inactive, unheard }: Silence): Supported =>
  inactive && unheard ? { no_answer: 'inactivity' } : {};

/** For one outcome, the better reason first; an unlisted reason of the vendor goes before these. */
const reasons: readonly string[] = [
  ...decisions.map(([name]) => name),
  ...selectors,
  ...[...disconnections]
    .filter(([, { outcome, silent }]) => silent || (outcome ?? 'failed') !== 'failed')
    .map(([w]) => w),
  'in_voicemail',
  ...flags.map(([name]) => name),
];

function preferred(a: string, b: string): string {
  const difference = reasons.indexOf(a) - reasons.indexOf(b);
  return difference < 0 || (difference === 0 && a <= b) ? a : b;
}

/** Joins the support of two sets of facts, independent of order, grouping and repetition (C5). */
export function joined(a: Supported, b: Supported): Supported {
  const both: Record<string, string> = { ...a };
  for (const outcome of outcomes) {
    const reason = b[outcome];
    if (reason === undefined) continue;
    const other = both[outcome];
    both[outcome] = other === undefined ? reason : preferred(other, reason);
  }
  return both;
}
