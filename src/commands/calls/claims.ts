import { randomUUID } from 'node:crypto';
import { appendDecided } from '../../events/append-decided.ts';
import type { EventLog } from '../../events/event-log.ts';
import type { SessionEvent } from '../../events/session-facts.ts';
import type { CallOrder } from './call-order.ts';
import type { PlacementTimes } from './placement-times.ts';
import type { SessionOf } from './retell-api.ts';
import { decideFailed, isOpen, sessionEvent, sessionRecord } from './session-record.ts';
import { type SessionWriter, streamOf } from './session-writer.ts';

export type PlaceCall = SessionOf & {
  readonly order: CallOrder;
  readonly requestDigest: string;
  /** The id of the API key. */
  readonly by: string;
};

/** Of these the oldest are forgotten first; their requests are then settled like those of another process. */
const KEPT_CLAIMS = 1000;

/** One attempt of this process to be the one that dials. */
type Claim = { readonly id: string; readonly since: number; readonly requestDigest: string };

/**
 * The log decides who dials: the process whose CallRequested begins the session's stream, and only it, and only once.
 * The event's id is random, because the event store takes the same id twice for one append, and two processes would
 * both have won.
 */
export function openClaims(
  log: EventLog,
  { tell }: Pick<SessionWriter, 'tell'>,
  { dialWithinMs }: Pick<PlacementTimes, 'dialWithinMs'>,
  now: () => Date,
) {
  /** Claims whose append was not confirmed; this process has not dialled for them, so a repeat may go on with them. */
  const unconfirmed = new Map<string, Claim>();

  function takeUp(stream: string, requestDigest: string): Claim {
    const before = unconfirmed.get(stream);
    // Another content under the same id would count as written, and something else would stand in the log.
    const claim =
      before?.requestDigest === requestDigest ? before : { id: randomUUID(), since: performance.now(), requestDigest };
    unconfirmed.delete(stream);
    unconfirmed.set(stream, claim);
    if (unconfirmed.size > KEPT_CLAIMS) unconfirmed.delete(unconfirmed.keys().next().value!);
    return claim;
  }

  /** The first append of the session's stream is the lock. `open`: another one has it, and has not said what came of it. */
  return async function claim(command: PlaceCall): Promise<'won' | 'open' | 'decided' | 'call_session_exists'> {
    const stream = streamOf(command);
    const { order, requestDigest, by } = command;
    const mine = takeUp(stream, requestDigest);
    const { variables: _notKept, ...asked } = order;
    const data = JSON.parse(JSON.stringify({ ...asked, requestDigest, by })) as object; // without what is undefined
    const told = { source: 'command', at: now().toISOString(), id: mine.id } as const;
    const requested = sessionEvent(command, { type: 'CallRequested', data } as SessionEvent, told);
    let word: 'won' | 'open' | 'decided' | undefined;
    const result = await appendDecided<'call_session_exists'>(log, stream, (seen) => {
      const record = sessionRecord(seen);
      word = isOpen(record) ? (record.request?.id === mine.id ? 'won' : 'open') : 'decided';
      if (seen.length === 0) return [requested];
      return record.request?.data.requestDigest === requestDigest ? [] : 'call_session_exists';
    });
    unconfirmed.delete(stream);
    if (result === 'call_session_exists') return result;
    if (result.appended.length > 0) word = 'won';
    // Known not to have been sent, and by now others may take it for settled.
    if (word === 'won' && performance.now() - mine.since > dialWithinMs) {
      await tell(command, (record) => decideFailed(record, 'request_expired'), 'command');
      return 'decided';
    }
    return word!;
  };
}
