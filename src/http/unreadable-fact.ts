import type { Context } from 'hono';
import type { UnreadableFact } from '../events/codec.ts';
import { problem } from './problem.ts';

/** For `description`s of a 409. */
export const factUnreadable =
  '`fact_unreadable`: a fact that this rests on makes no sense to this version; `position` says which. Repeating does not help, an operator has to mend it.';

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
