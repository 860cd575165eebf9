import type { Fact } from '../../events/codec.ts';

/** A log position inside a state, which is JSON: a decimal, compared as a number. */
export type Position = string;

/** Where a fact stands in the log, and since when. */
export type Place = { readonly position: Position; readonly recordedAt: string };

export const placeOf = ({ position, recordedAt }: Pick<Fact, 'position' | 'recordedAt'>): Place => ({
  position: `${position}`,
  recordedAt,
});

export const isBefore = (a: Position, b: Position): boolean => a.length < b.length || (a.length === b.length && a < b);

export const first = (a: Position | undefined, b: Position): Position => (a !== undefined && isBefore(a, b) ? a : b);

export const earlier = <P extends Place>(known: P | undefined, other: P): P =>
  known && !isBefore(other.position, known.position) ? known : other;
