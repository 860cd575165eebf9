import type { Fact } from '../events/codec.ts';
import type { CallFact } from './call-fact.ts';
import { earlier, isBefore, type Place, placeIn, placeOf } from './entries.ts';
import { occurredAt } from './latest.ts';

/** A session that facts of a stream have named, and where the log first did. */
export type NamedSession = Place & { readonly id: string };

/** Likewise an appointment. */
export type NamedAppointment = Place & {
  readonly id: string;
  readonly occurredAt: number;
  /** The earliest occurrence of all facts that name it, whichever of them came first. */
  readonly earliestAt: number;
};

/**
 * Each once, in the order of their ids, whatever the order of the facts. A list and no object: an id may be any text,
 * `constructor` too, and V8 is slow with objects of which each has other names.
 */
type List<N> = readonly N[];

const idOf = ({ id }: { readonly id: string }): string => id;

export function findNamed<N extends { readonly id: string }>(known: List<N>, id: string): N | undefined {
  const found = known[placeIn(known, id, idOf)];
  return found?.id === id ? found : undefined;
}

function put<N extends { readonly id: string }>(known: List<N>, one: N): List<N> {
  const at = placeIn(known, one.id, idOf);
  return known.toSpliced(at, known[at]?.id === one.id ? 1 : 0, one);
}

export function withSession(known: List<NamedSession>, fact: CallFact): List<NamedSession> {
  const id = fact.data.callSessionId;
  if (id === undefined) return known;
  const before = findNamed(known, id);
  const named = { id, ...placeOf(fact) };
  return earlier(before, named) === named ? put(known, named) : known;
}

export function withAppointment(
  known: List<NamedAppointment>,
  id: string | undefined,
  fact: Fact,
  at = occurredAt(fact),
): List<NamedAppointment> {
  if (id === undefined) return known;
  const before = findNamed(known, id);
  const place = placeOf(fact);
  const earliestAt = Math.min(before?.earliestAt ?? Number.POSITIVE_INFINITY, at);
  if (!before || isBefore(place.position, before.position))
    return put(known, { id, ...place, occurredAt: at, earliestAt });
  return earliestAt === before.earliestAt ? known : put(known, { ...before, earliestAt });
}
