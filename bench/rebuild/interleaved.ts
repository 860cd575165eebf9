import type { CallFact } from '../../src/retell/call-fact.ts';
import { factsOfCall } from './facts.ts';

export type Next = {
  readonly fact: CallFact;
  /** How many facts of its call stand before it. */
  readonly revision: number;
};

const WINDOW = 100;

/**
 * The facts of so many calls, as overlapping calls would bring them: a window holds the starts of a hundred calls, the
 * ends of the hundred before and the analyses of the hundred before those, shuffled, the same way every time. Two facts
 * of a call stand some three hundred apart.
 */
export function* interleaved(calls: number): Generator<Next> {
  let [started, ended]: (readonly CallFact[])[][] = [[], []];
  for (let first = 0; first < calls + 2 * WINDOW; first += WINDOW) {
    const starting = Array.from({ length: Math.min(WINDOW, Math.max(0, calls - first)) }, (_, i) =>
      factsOfCall(first + i),
    );
    const kinds = [starting, started!, ended!];
    yield* shuffled(kinds.flatMap((of, revision) => of.map((facts) => ({ fact: facts[revision]!, revision }))));
    [started, ended] = [starting, started];
  }
}

function shuffled<T>(items: T[]): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const other = (i * 7919 + 104_729) % (i + 1);
    [items[i], items[other]] = [items[other]!, items[i]!];
  }
  return items;
}
