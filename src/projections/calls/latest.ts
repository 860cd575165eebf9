import type { Fact } from '../../events/codec.ts';
import { occurrenceOf } from '../../events/metadata.ts';

/** A value and the fact that says it. The latest by occurrence, then fact id, stands, whatever the order of arrival. */
export type Latest<T> = {
  readonly value: T;
  /** Occurrence in milliseconds: ISO texts of different precision do not sort. */
  readonly at: number;
  readonly by: string;
};

export const occurredAt = (fact: Fact): number => Date.parse(occurrenceOf(fact.metadata));

const isLater = (a: Latest<unknown>, b: Latest<unknown>): boolean => a.at > b.at || (a.at === b.at && a.by > b.by);

export const later = <T>(a: Latest<T> | undefined, b: Latest<T> | undefined): Latest<T> | undefined =>
  a && (!b || !isLater(b, a)) ? a : b;

export const latest = <T>(...candidates: readonly (Latest<T> | undefined)[]): Latest<T> | undefined =>
  candidates.reduce(later, undefined);

/** How each field is read from a fact; undefined where the fact says nothing of it. */
export type Registers<Fields, F extends Fact> = {
  readonly [K in keyof Fields]-?: (fact: F) => Fields[K] | undefined;
};

export type Known<Fields> = { readonly [K in keyof Fields]?: Latest<Fields[K]> };

/** What is known after one more fact: each field on its own, so a fact that lacks one never erases it. */
export function learn<Fields, F extends Fact>(
  registers: Registers<Fields, F>,
  known: Known<Fields>,
  fact: F,
): Known<Fields> {
  const at = occurredAt(fact);
  const learnt: { [K in keyof Fields]?: Latest<Fields[K]> } = { ...known };
  for (const name in registers) {
    const value = registers[name](fact);
    if (value === undefined || value === '') continue;
    const said = { value, at, by: fact.id };
    const before = learnt[name];
    if (!before || isLater(said, before)) learnt[name] = said;
  }
  return learnt;
}
