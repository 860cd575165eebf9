import {
  analysisFields,
  type CallClaim,
  type CallFact,
  type FieldReader,
  isActedOn,
  oncePerFact,
  readFlag,
} from './call-fact.ts';
import {
  type Decisive,
  disconnections,
  endsInSilence,
  isUnreached,
  type Outcome,
  outcomeOfEnding,
  outcomes,
} from './outcome.ts';
import { type Scalar, wordOf } from './words.ts';

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
