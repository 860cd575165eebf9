import { describe } from '../../projections/runtime/describe.ts';

/** What may be said of an error in a log (A11): JSON that does not parse is quoted in the message, and it may be a transcript. */
export const wordsOf = (error: unknown): string => (error instanceof SyntaxError ? error.name : describe(error));
