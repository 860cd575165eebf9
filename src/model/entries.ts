import type { Fact } from '../events/codec.ts';
import type { CallFact } from './call-fact.ts';
import { occurredAt } from './latest.ts';

/** A log position inside a state, which is JSON: a decimal, compared as a number. */
export type Position = string;

/** Where in the log a fact is, since when, and when it took place (milliseconds). */
export type Place = { readonly position: Position; readonly recordedAt: string; readonly occurredAt: number };

export const placeOf = (fact: Fact, at = occurredAt(fact)): Place => ({
  position: `${fact.position}`,
  recordedAt: fact.recordedAt,
  occurredAt: at,
});

export const isBefore = (a: Position, b: Position): boolean => a.length < b.length || (a.length === b.length && a < b);

export const first = (a: Position | undefined, b: Position): Position => (a !== undefined && isBefore(a, b) ? a : b);

export const earlier = <P extends Place>(one: P | undefined, other: P): P =>
  one && !isBefore(other.position, one.position) ? one : other;

// Collections inside states: JSON, and the same whatever the order and repetition of facts. Adding one entry must stay
// cheap in a long stream.

/** The contribution of one fact, with its log position. */
export type Entry = { readonly id: string; readonly position: Position };

/**
 * A treap: ordered by log position, with the rank taken from the id. The id is a digest, so the tree is shallow and has
 * one shape.
 */
export type Entries<E extends Entry> = {
  readonly entry: E;
  readonly before?: Entries<E> | undefined;
  readonly after?: Entries<E> | undefined;
};

const tree = <E extends Entry>(entry: E, before?: Entries<E>, after?: Entries<E>): Entries<E> => ({
  entry,
  before,
  after,
});

/** Adds an entry; returns the same tree when it is there already. */
export function withEntry<E extends Entry>(entries: Entries<E> | undefined, entry: E): Entries<E> {
  if (entries === undefined) return tree(entry);
  if (isBefore(entry.position, entries.entry.position)) {
    const before = withEntry(entries.before, entry);
    if (before === entries.before) return entries;
    return ranksAbove(before, entries)
      ? tree(before.entry, before.before, tree(entries.entry, before.after, entries.after))
      : tree(entries.entry, before, entries.after);
  }
  if (!isBefore(entries.entry.position, entry.position)) return entries;
  const after = withEntry(entries.after, entry);
  if (after === entries.after) return entries;
  return ranksAbove(after, entries)
    ? tree(after.entry, tree(entries.entry, entries.before, after.before), after.after)
    : tree(entries.entry, entries.before, after);
}

/** The end of a digest is independent of its start and of the log position. */
const ranksAbove = (a: Entries<Entry>, b: Entries<Entry>): boolean => {
  const [rankOfA, rankOfB] = [a.entry.id.slice(-12), b.entry.id.slice(-12)];
  return rankOfA > rankOfB || (rankOfA === rankOfB && a.entry.id > b.entry.id);
};

/** In the order of the log. */
export function entriesOf<E extends Entry>(entries: Entries<E> | undefined): E[] {
  const found: E[] = [];
  const walk = (some: Entries<E> | undefined) => {
    if (some === undefined) return;
    walk(some.before);
    found.push(some.entry);
    walk(some.after);
  };
  walk(entries);
  return found;
}

/** The index of the first item that is not below the key. */
function placeIn<T>(sorted: readonly T[], key: string, keyOf: (item: T) => string): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (keyOf(sorted[middle]!) < key) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Adds a text to a sorted list of distinct texts. */
export function withText(sorted: readonly string[], text: string): readonly string[] {
  const at = placeIn(sorted, text, (other) => other);
  return sorted[at] === text ? sorted : sorted.toSpliced(at, 0, text);
}

/** A session that facts of a stream name, and the first place in the log that does. */
export type NamedSession = Place & { readonly id: string };

/** The same for an appointment. */
export type NamedAppointment = Place & {
  readonly id: string;
  /** The earliest occurrence of all facts that name it, in whatever order they came. */
  readonly earliestAt: number;
};

/**
 * Distinct and sorted by id. A list, since an id may be any text (`constructor`) and V8 is slow with objects of varying
 * keys.
 */
type List<N> = readonly N[];

const idOf = ({ id }: { readonly id: string }): string => id;

export function findNamed<N extends { readonly id: string }>(list: List<N>, id: string): N | undefined {
  const found = list[placeIn(list, id, idOf)];
  return found?.id === id ? found : undefined;
}

function put<N extends { readonly id: string }>(list: List<N>, one: N): List<N> {
  const at = placeIn(list, one.id, idOf);
  return list.toSpliced(at, list[at]?.id === one.id ? 1 : 0, one);
}

export function withSession(list: List<NamedSession>, fact: CallFact): List<NamedSession> {
  const id = fact.data.callSessionId;
  if (id === undefined) return list;
  const before = findNamed(list, id);
  const named = { id, ...placeOf(fact) };
  return earlier(before, named) === named ? put(list, named) : list;
}

export function withAppointment(
  list: List<NamedAppointment>,
  id: string | undefined,
  fact: Fact,
  at = occurredAt(fact),
): List<NamedAppointment> {
  if (id === undefined) return list;
  const before = findNamed(list, id);
  const place = placeOf(fact, at);
  const earliestAt = Math.min(before?.earliestAt ?? Number.POSITIVE_INFINITY, at);
  if (!before || isBefore(place.position, before.position)) return put(list, { id, ...place, earliestAt });
  return earliestAt === before.earliestAt ? list : put(list, { ...before, earliestAt });
}
