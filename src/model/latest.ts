import type { Fact } from '../events/codec.ts';
import { occurrenceOf } from '../events/metadata.ts';
import { oncePerFact } from './call-fact.ts';

/** When something was said, and by which fact. The latest by occurrence, then fact id, stands, whatever the order of arrival. */
type Source = {
  /** Occurrence in milliseconds: ISO texts of different precision do not sort. */
  readonly at: number;
  readonly by: string;
};

export type Latest<T> = Source & { readonly value: T };

export const occurredAt = oncePerFact((fact: Fact): number => Date.parse(occurrenceOf(fact.metadata)));

const isLater = (a: Source, b: Source): boolean => a.at > b.at || (a.at === b.at && a.by > b.by);

export const latest = <T>(...candidates: readonly (Latest<T> | undefined)[]): Latest<T> | undefined =>
  candidates.reduce((a, b) => (a && (!b || !isLater(b, a)) ? a : b), undefined);

/** Some fields; one that is undefined or an empty text says nothing. */
export type FieldValues<Fields> = { readonly [K in keyof Fields]?: Fields[K] | undefined };

/** What one fact says of some fields. */
export type Reading<Fields, F extends Fact> = (fact: F) => FieldValues<Fields>;

/** The fields that one fact has said last. */
type FieldUpdate<Fields> = Source & { readonly says: FieldValues<Fields> };

/** What facts have said, the latest first; each field is there once. A fact mostly repeats what those before it said. */
export type LatestFields<Fields> = readonly FieldUpdate<Fields>[];

export const noFields: LatestFields<never> = [];

/** What is known after one more fact: each field on its own, so a fact that lacks one never erases it. */
export function withUpdate<Fields>(
  known: LatestFields<Fields>,
  says: FieldValues<Fields>,
  fact: Fact,
  at = occurredAt(fact),
): LatestFields<Fields> {
  const mine = { at, by: fact.id, says };
  const later = known.filter((said) => !isLater(mine, said));
  const earlier = known.slice(later.length);
  return [
    ...later,
    ...without(mine, (value, name) => value === '' || later.some(({ says }) => says[name] !== undefined)),
    ...earlier.flatMap((said) => without(said, (_, name) => says[name] !== undefined && says[name] !== '')),
  ];
}

/** What was said without some fields; none if that is nothing. */
function without<Fields>(
  said: FieldUpdate<Fields>,
  leaves: (value: unknown, name: keyof Fields) => boolean,
): readonly FieldUpdate<Fields>[] {
  const says: { -readonly [K in keyof Fields]?: Fields[K] | undefined } = { ...said.says };
  let isEmpty = true;
  for (const name in says) {
    if (says[name] === undefined) continue;
    if (leaves(says[name], name)) says[name] = undefined;
    else isEmpty = false;
  }
  return isEmpty ? [] : [{ at: said.at, by: said.by, says }];
}

const updateOf = <Fields>(known: LatestFields<Fields>, name: keyof Fields): FieldUpdate<Fields> | undefined =>
  known.find(({ says }) => says[name] !== undefined);

/** What is known of a field. */
export const latestValue = <Fields, K extends keyof Fields>(
  known: LatestFields<Fields>,
  name: K,
): Fields[K] | undefined => updateOf(known, name)?.says[name];

/** The same with its source, to be compared with what others say. */
export function latestOf<Fields, K extends keyof Fields>(
  known: LatestFields<Pick<Fields, K>>,
  name: K,
): Latest<NonNullable<Fields[K]>> | undefined {
  const said = updateOf(known, name);
  return said && { value: said.says[name]!, at: said.at, by: said.by };
}

/** What the latest of several says of a field. */
export function latestAmong<Fields, K extends keyof Fields>(
  several: readonly LatestFields<Pick<Fields, K>>[],
  name: K,
): Fields[K] | undefined {
  let found: FieldUpdate<Pick<Fields, K>> | undefined;
  for (const known of several) {
    const said = updateOf(known, name);
    if (said && (!found || isLater(said, found))) found = said;
  }
  return found?.says[name];
}
