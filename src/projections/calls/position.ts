/** A log position inside a state, which is JSON: a decimal, compared as a number. */
export type Position = string;

export const isBefore = (a: Position, b: Position): boolean => a.length < b.length || (a.length === b.length && a < b);

export const first = (a: Position | undefined, b: Position): Position => (a !== undefined && isBefore(a, b) ? a : b);
