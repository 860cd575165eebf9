import { Personal } from './call-facts.ts';
import { type Fact, UnreadableFact } from './codec.ts';

/** Fact id → part → text of facts still to come; null once the fact has come. */
export type PendingText = Readonly<Record<string, Readonly<Record<string, string>> | null>>;

/** The facts of one stream or several, in order, each with its whole text: what a reader of streams folds. */
export function* wholeFacts(facts: Iterable<Fact>): Generator<Fact, void> {
  let pending: PendingText = {};
  for (const recorded of facts) {
    const [next, fact] = withPersonal(pending, recorded);
    pending = next;
    if (fact) yield fact;
  }
}

/** One step of it, for readers that keep what is pending. Undefined: a part, or a repetition of its fact. */
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

/** `JSON.parse` quotes the text in its errors, and personal text must not reach a log. */
function parsed(text: string, fact: Fact): Personal {
  try {
    return Personal.parse(JSON.parse(text));
  } catch {
    throw new UnreadableFact(fact, ': the parts of its text do not make one');
  }
}
