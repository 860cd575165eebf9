/**
 * What a caller expects of a stream before the append: the revision it last saw, or one of three words. The
 * numbers are EventStoreDB's own; its errors carry them.
 */
export type ExpectedRevision = number;

export const NO_STREAM = -1;
export const ANY = -2;
export const STREAM_EXISTS = -4;
