import type { Context } from 'hono';
import type { UnreadableFact } from '../events/codec.ts';
import { problem, problemResponse } from './problem.ts';

/** For `description`s of a 409. */
export const factUnreadable =
  '`fact_unreadable`: a fact that this rests on makes no sense to this version; `position` says which. Repeating does not help, an operator has to mend it.';

/** For a 410. */
export const goneForGood = problemResponse('`stream_deleted`: an operator has deleted for good what this rests on.');

/** Nothing of it can be known or recorded any more, and that will not change. */
export const streamDeleted = (c: Context) =>
  problem(c, 410, 'stream_deleted', {
    detail:
      'An operator has deleted for good, in the event store, what this rests on. Nothing more can be recorded of it.',
  });

/**
 * 409, not 503: it is no outage that passes, and who repeats gets the same. The words are of the error's own making
 * and hold nothing of what the fact says.
 */
export const unreadableFact = (c: Context, { fact, message }: UnreadableFact, consequence: string) =>
  problem(c, 409, 'fact_unreadable', {
    detail:
      `${message}. It stands at position ${fact.position}. ${consequence} ` +
      'An operator finds it with `call-ledger parked list`, and mends it as docs/operations.md says ("Parked streams").',
    position: `${fact.position}`,
  });
