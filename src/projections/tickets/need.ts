import { analysisFields, collectedFields, readFlag } from '../../model/analysis-fields.ts';
import { showsTransfer } from '../../model/call.ts';
import { type CallFact, isActedOn } from '../../model/call-fact.ts';
import { first, type Position } from '../calls/position.ts';

/**
 * Weakest first. The list *is* the ranking of the need for action (docs/rules.md, "Tickets, customers, mail"); unknown
 * is below all.
 */
export const needs = ['not_required', 'required', 'transferred'] as const;
export type Need = (typeof needs)[number];

/** Where in the log each need was first shown: a join, so order and repetition cannot matter. */
export type NeedSince = { readonly [N in Need]?: Position };

/** The field in which an agent says whether somebody has to act. */
export const actionField = 'action_required';

/** What one fact shows: `action_required` of the analysis, else of the collected variables; and a transfer (B3, B5). */
export function needsShownBy(fact: CallFact): readonly Need[] {
  if (!isActedOn(fact)) return [];
  const required = readFlag(analysisFields(fact)(actionField)) ?? readFlag(collectedFields(fact)(actionField));
  return [
    ...(required === undefined ? [] : [required ? ('required' as const) : ('not_required' as const)]),
    ...(showsTransfer(fact) ? ['transferred' as const] : []),
  ];
}

export function withNeeds(since: NeedSince, fact: CallFact): NeedSince {
  const known: { [N in Need]?: Position } = { ...since };
  for (const need of needsShownBy(fact)) known[need] = first(known[need], `${fact.position}`);
  return known;
}

/** Undefined: unknown. */
export const strongestNeed = (since: NeedSince): Need | undefined =>
  needs.findLast((need) => since[need] !== undefined);
