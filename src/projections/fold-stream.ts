import { decode, type Fact, UnreadableFact } from '../events/codec.ts';
import { wholeFacts } from '../events/personal-text.ts';
import type { Recorded } from '../events/recorded.ts';
import { BrokenFact } from './engine/faults.ts';

/** Until when the log is read: its facts up to a position, of these those recorded at a time or before. */
export type Until = {
  readonly position: bigint;
  /** In milliseconds. */
  readonly time?: number;
};

/** Whether an event of the log was known by then. */
export const isWithin = ({ position, recordedAt }: Recorded, until: Until): boolean =>
  position <= until.position && (until.time === undefined || Date.parse(recordedAt) <= until.time);

/**
 * The facts of one stream that were known. Always its beginning, also where a clock has been set back: a fact without
 * the parts of its text, which stand before it, could not be read. Throws `UnreadableFact`.
 */
export function factsUntil(recorded: readonly Recorded[], until: Until): Fact[] {
  const end = recorded.findIndex((event) => !isWithin(event, until));
  return (end < 0 ? recorded : recorded.slice(0, end)).map(decode).filter((fact) => fact !== undefined);
}

/** What the facts of one stream come to; undefined: nothing was known. Throws `UnreadableFact` at one that breaks it. */
export function foldStream<State>(
  reduce: (state: State | undefined, fact: Fact) => State | undefined,
  facts: readonly Fact[],
): State | undefined {
  const apply = orUnreadable(reduce);
  let state: State | undefined;
  for (const fact of wholeFacts(facts)) state = apply(state, fact);
  return state;
}

/** A reducer that tells of a fact which breaks it, as `UnreadableFact`, and quotes nothing of it. */
export const orUnreadable =
  <State>(reduce: (state: State, fact: Fact) => State) =>
  (state: State, fact: Fact): State => {
    try {
      return reduce(state, fact);
    } catch (error) {
      throw new UnreadableFact(fact, ` cannot be applied: ${new BrokenFact(fact, error).reason}`);
    }
  };
