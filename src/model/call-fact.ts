import type { CallEvent, CallFactType } from '../events/call-facts.ts';
import type { Fact } from '../events/codec.ts';

/** A fact that carries what is known of its call. */
export type CallFact = Fact<Extract<CallEvent, { readonly type: CallFactType }>>;

/** An event whose kind we do not know describes its call; what it claims is never acted on. */
export const isActedOn = (fact: CallFact): boolean => fact.type !== 'CallEventUnrecognized';
