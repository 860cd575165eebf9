import { decode, type Fact, UnreadableFact } from '../events/codec.ts';
import { wholeFacts } from '../events/personal-text.ts';
import type { Recorded } from '../events/recorded.ts';
import { BrokenFact } from './engine/faults.ts';

/** A bound of the log: a position, and optionally a time of recording. */
export type Until = {
  readonly position: bigint;
  /** In milliseconds. */
  readonly time?: number;
};

export const isWithin = ({ position, recordedAt }: Recorded, until: Until): boolean =>
  position <= until.position && (until.time === undefined || Date.parse(recordedAt) <= until.time);

/**
 * The facts of one stream up to the bound: always a prefix, even if a clock was set back, since a fact needs the text
 * parts before it. Throws `UnreadableFact`.
 */
export function factsUntil(recorded: readonly Recorded[], until: Until): Fact[] {
  const end = recorded.findIndex((event) => !isWithin(event, until));
  return (end < 0 ? recorded : recorded.slice(0, end)).map(decode).filter((fact) => fact !== undefined);
}

/** Folds the facts of one stream; undefined without any. Throws `UnreadableFact` for one that breaks the reducer. */
export function foldStream<State>(
  reduce: (state: State | undefined, fact: Fact) => State | undefined,
  facts: readonly Fact[],
): State | undefined {
  const apply = orUnreadable(reduce);
  let state: State | undefined;
  for (const fact of wholeFacts(facts)) state = apply(state, fact);
  return state;
}

/** A reducer that reports a fact which breaks it as `UnreadableFact`, without quoting it. */
export const orUnreadable =
  <State>(reduce: (state: State, fact: Fact) => State) =>
  (state: State, fact: Fact): State => {
    try {
      return reduce(state, fact);
    } catch (error) {
      throw new UnreadableFact(fact, ` cannot be applied: ${new BrokenFact(fact, error).reason}`);
    }
  };
