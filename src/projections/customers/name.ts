import { analysisFields, collectedFields, givenVariables } from '../../model/analysis-fields.ts';
import type { CallFact } from '../../model/call-fact.ts';
import { type Scalar, trimmed } from '../../model/words.ts';

/** The first that says something; a tenant's own names for them count beside. */
const names = ['customer_name', 'caller_name'] as const;

/** Where a name may stand, the best first: what was understood, what was asked for, what we knew before. */
const places = [analysisFields, collectedFields, givenVariables] as const;

/** The customer's name by the word of one fact. */
export function nameSaidBy(fact: CallFact): string | undefined {
  for (const place of places) {
    const field = place(fact);
    for (const name of names) {
      const text = field(name)
        .map(textOf)
        .find((said) => said !== '');
      if (text !== undefined) return text;
    }
  }
  return undefined;
}

const textOf = (value: Scalar): string => (typeof value === 'string' ? trimmed(value) : '');
