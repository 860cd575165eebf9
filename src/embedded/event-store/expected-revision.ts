import { wholeNumber } from './request-values.ts';

/**
 * What a caller expects of a stream before the append: the revision it last saw, or one of three words. The
 * numbers are EventStoreDB's own; its errors carry them.
 */
export type ExpectedRevision = number;

export const NO_STREAM = -1;
export const ANY = -2;
export const STREAM_EXISTS = -4;

type Words = { hasNoStream(): boolean; hasAny(): boolean; hasStreamExists(): boolean };

/** The expectation in a request; `revision` is the number in it, which counts when there is no word. */
export function expectedRevision(words: Words, revision: string): ExpectedRevision {
  if (words.hasNoStream()) return NO_STREAM;
  if (words.hasAny()) return ANY;
  if (words.hasStreamExists()) return STREAM_EXISTS;
  return wholeNumber(revision);
}
