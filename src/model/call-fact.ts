import type { CallEvent, CallFactType } from '../events/call-facts.ts';
import type { Fact } from '../events/codec.ts';

/** A fact that carries what is known of its call. */
export type CallFact = Fact<Extract<CallEvent, { readonly type: CallFactType }>>;

/** The same at the door, where it has no place in the log yet. */
export type CallClaim = Pick<CallFact, 'type' | 'data' | 'metadata'>;

/** What a rule makes of a fact, made once: a dozen rules ask the same of each while it is folded. */
export function oncePerFact<F extends object, T>(rule: (fact: F) => T): (fact: F) => T {
  const made = new WeakMap<F, { readonly result: T }>();
  return (fact) => {
    const known = made.get(fact);
    if (known) return known.result;
    const result = rule(fact);
    made.set(fact, { result });
    return result;
  };
}

/** An event whose kind we do not know describes its call; what it claims is never acted on. */
export const isActedOn = ({ type }: Pick<CallFact, 'type'>): boolean => type !== 'CallEventUnrecognized';
