import type { Fact } from '../events/codec.ts';
import { occurrenceOf } from '../events/metadata.ts';
import { oncePerFact } from './call-fact.ts';

/** The source of a value. The latest occurrence wins, then the greater fact id, whatever the order of arrival. */
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

/** Values of some fields; undefined and empty text are no values. */
type FieldValues<Fields> = { readonly [K in keyof Fields]?: Fields[K] | undefined };

/** Reads the values of some fields from a fact. */
export type Reading<Fields, F extends Fact> = (fact: F) => FieldValues<Fields>;

/** The values that one fact still contributes. States are stored as JSON, so `says` keeps its name. */
type FieldUpdate<Fields> = Source & { readonly says: FieldValues<Fields> };

/**
 * A last-writer-wins map: updates, the latest first, with each field in one of them only. Facts mostly repeat each
 * other, so there are few.
 */
export type LatestFields<Fields> = readonly FieldUpdate<Fields>[];

export const noFields: LatestFields<never> = [];

/** Merges the values of one fact, field by field: a missing field never erases an older value. */
export function withUpdate<Fields>(
  fields: LatestFields<Fields>,
  values: FieldValues<Fields>,
  fact: Fact,
  at = occurredAt(fact),
): LatestFields<Fields> {
  const added = { at, by: fact.id, says: values };
  const later = fields.filter((update) => !isLater(added, update));
  const earlier = fields.slice(later.length);
  return [
    ...later,
    ...without(added, (value, name) => value === '' || later.some(({ says }) => says[name] !== undefined)),
    ...earlier.flatMap((update) => without(update, (_, name) => values[name] !== undefined && values[name] !== '')),
  ];
}

/** An update without some fields; none when nothing is left. */
function without<Fields>(
  { at, by, says }: FieldUpdate<Fields>,
  drops: (value: unknown, name: keyof Fields) => boolean,
): readonly FieldUpdate<Fields>[] {
  const left: { -readonly [K in keyof Fields]?: Fields[K] | undefined } = { ...says };
  let isEmpty = true;
  for (const name in left) {
    if (left[name] === undefined) continue;
    if (drops(left[name], name)) left[name] = undefined;
    else isEmpty = false;
  }
  return isEmpty ? [] : [{ at, by, says: left }];
}

const updateOf = <Fields>(fields: LatestFields<Fields>, name: keyof Fields): FieldUpdate<Fields> | undefined =>
  fields.find(({ says }) => says[name] !== undefined);

export const latestValue = <Fields, K extends keyof Fields>(
  fields: LatestFields<Fields>,
  name: K,
): Fields[K] | undefined => updateOf(fields, name)?.says[name];

/** The latest value with its source, to compare it with others. */
export function latestOf<Fields, K extends keyof Fields>(
  fields: LatestFields<Pick<Fields, K>>,
  name: K,
): Latest<NonNullable<Fields[K]>> | undefined {
  const update = updateOf(fields, name);
  return update && { value: update.says[name]!, at: update.at, by: update.by };
}

/** The latest value of a field in several maps. */
export function latestAmong<Fields, K extends keyof Fields>(
  several: readonly LatestFields<Pick<Fields, K>>[],
  name: K,
): Fields[K] | undefined {
  let found: FieldUpdate<Pick<Fields, K>> | undefined;
  for (const fields of several) {
    const update = updateOf(fields, name);
    if (update && (!found || isLater(update, found))) found = update;
  }
  return found?.says[name];
}
