import { Personal } from './call-facts.ts';
import { type Fact, UnreadableFact } from './codec.ts';

/** Fact id → part → text, for facts that are still to come in the same stream; null for those that have come. */
export type PendingText = Readonly<Record<string, Readonly<Record<string, string>> | null>>;

/**
 * Every reader of a stream passes its facts through here, in order: a long `personal` stands in parts before its
 * fact, and reducers see it whole. A part by itself is no fact, nor is a
 * repetition: undefined.
 */
export function withPersonal(pending: PendingText, fact: Fact): readonly [PendingText, Fact | undefined] {
  if (fact.type === 'CallTextPart') {
    const { factId, part, text } = fact.data;
    if (pending[factId] === null) return [pending, undefined];
    return [{ ...pending, [factId]: { ...pending[factId], [part]: text } }, undefined];
  }
  const parts = 'personalParts' in fact.data ? fact.data.personalParts : undefined;
  if (parts === undefined) return [pending, fact];
  if (pending[fact.id] === null) return [pending, undefined];
  const texts = pending[fact.id] ?? {};
  const numbers = Object.keys(texts).map(Number);
  if (numbers.length !== parts) {
    throw new UnreadableFact(fact, ` announces ${parts} parts of its text; ${numbers.length} stand before it`);
  }
  const text = numbers
    .sort((a, b) => a - b)
    .map((number) => texts[number])
    .join('');
  const whole = { ...fact, data: { ...fact.data, personal: parsed(text, fact) } } as Fact;
  return [{ ...pending, [fact.id]: null }, whole];
}

/** An error of `JSON.parse` quotes the text, which is personal: it must not reach a log. */
function parsed(text: string, fact: Fact): Personal {
  try {
    return Personal.parse(JSON.parse(text));
  } catch {
    throw new UnreadableFact(fact, ': the parts of its text do not make one');
  }
}
