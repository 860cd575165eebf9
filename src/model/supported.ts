import { analysisFields, type FieldReader, readFlag } from './analysis-fields.ts';
import { type CallFact, isActedOn } from './call-fact.ts';
import { type Decisive, type Outcome, outcomes } from './outcome.ts';
import { wordOf } from './words.ts';

// The table of RULES.md, "Outcome of a call", as data.

/** A flag, the value that speaks, and what it then says. */
const flags: readonly (readonly [name: string, value: boolean, outcome: Outcome])[] = [
  ['appointment_confirmed', true, 'confirmed'],
  ['appointment_rescheduled', true, 'rescheduled'],
  ['appointment_cancelled', true, 'cancelled'],
  ['voicemail', true, 'voicemail'],
  ['no_answer', true, 'no_answer'],
  ['human_detected', false, 'no_answer'],
  ['busy', true, 'busy'],
  ['failed', true, 'failed'],
];

const selectors = ['appointment_outcome', 'outcome'] as const;
const selections: Readonly<Record<string, Decisive>> = {
  confirmed: 'confirmed',
  rescheduled: 'rescheduled',
  cancelled: 'cancelled',
  canceled: 'cancelled',
};

const disconnections: Readonly<Record<string, Outcome>> = {
  voicemail_reached: 'voicemail',
  dial_no_answer: 'no_answer',
  user_declined: 'no_answer',
  ivr_reached: 'no_answer',
  dial_busy: 'busy',
};

const unsuccessful: ReadonlySet<string> = new Set(['not_connected', 'error']);

/**
 * Reasons that the vendor gives only for calls that are `not_connected` or in `error` (REFERENCE §3.2). Needed
 * beside the call's status because that may lag behind its event (§3.1).
 */
const failures: ReadonlySet<string> = new Set([
  'dial_failed',
  'invalid_destination',
  'telephony_provider_permission_denied',
  'telephony_provider_unavailable',
  'sip_routing_error',
  'marked_as_spam',
  'concurrency_limit_reached',
  'no_valid_payment',
  'scam_detected',
  'registered_call_timeout',
  'error_llm_websocket_open',
  'error_llm_websocket_lost_connection',
  'error_llm_websocket_runtime',
  'error_llm_websocket_corrupt_payload',
  'error_no_audio_received',
  'error_asr',
  'error_retell',
  'error_unknown',
  'error_user_not_joined',
]);

/** The outcomes that facts support, each with the reason that says it best. */
export type Supported = { readonly [O in Outcome]?: string };

/** What one fact supports by itself. */
export function supportedBy(fact: CallFact): Supported {
  if (!isActedOn(fact)) return {};
  const supported: Record<string, string> = {};
  const support = (outcome: Outcome, reason: string) => {
    const known = supported[outcome];
    supported[outcome] = known === undefined ? reason : preferred(known, reason);
  };
  const field = analysisFields(fact);
  for (const [name, value, outcome] of flags) if (readFlag(field(name)) === value) support(outcome, name);
  for (const name of selectors) for (const outcome of selected(field, name)) support(outcome, name);
  if (fact.data.inVoicemail) support('voicemail', 'in_voicemail');
  const disconnected = byDisconnection(fact.data);
  if (disconnected) support(disconnected, fact.data.disconnectionReason ?? fact.data.callStatus ?? 'failed');
  return supported;
}

function* selected(field: FieldReader, name: string): Iterable<Decisive> {
  for (const value of field(name)) {
    const word = wordOf(value);
    if (Object.hasOwn(selections, word)) yield selections[word]!;
  }
}

function byDisconnection({ disconnectionReason, callStatus, userSpoke }: CallFact['data']): Outcome | undefined {
  if (disconnectionReason !== undefined) {
    if (Object.hasOwn(disconnections, disconnectionReason)) return disconnections[disconnectionReason];
    if (disconnectionReason === 'inactivity' && !userSpoke) return 'no_answer';
    if (failures.has(disconnectionReason)) return 'failed';
  }
  return callStatus !== undefined && unsuccessful.has(callStatus) ? 'failed' : undefined;
}

/** For one outcome, the better reason first; a vendor's reason that is not listed goes before all of these. */
const reasons: readonly string[] = [
  ...flags.filter(([name]) => name.startsWith('appointment_')).map(([name]) => name),
  ...selectors,
  ...Object.keys(disconnections),
  'in_voicemail',
  'inactivity',
  ...flags.filter(([name]) => !name.startsWith('appointment_')).map(([name]) => name),
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
