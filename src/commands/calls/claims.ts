import { randomUUID } from 'node:crypto';
import { appendDecided } from '../../events/append-decided.ts';
import type { EventLog } from '../../events/event-log.ts';
import { uuidOf } from '../../events/identity.ts';
import type { JsonObject } from '../../events/json.ts';
import type { FactMetadata } from '../../events/metadata.ts';
import { IDEMPOTENCY_KEY_USED, IdempotencyKeyUsed, type SessionEvent } from '../../events/session-facts.ts';
import type { CallOrder } from './call-order.ts';
import type { SessionOf } from './retell-api.ts';
import {
  decideFailed,
  isOpen,
  type PlacementTimes,
  type SessionWriter,
  sessionEvent,
  sessionRecord,
  streamOf,
} from './session-record.ts';

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

/** STORED FORMAT: the stream that remembers a key, and the session of a request that names none. */
const digestOfKey = (tenantId: string, key: string) => uuidOf(tenantId, 'POST /api/calls', key);
const keyStream = (tenantId: string, key: string) => `idempotency-${tenantId}.${digestOfKey(tenantId, key)}`;
export const sessionOfKey = (tenantId: string, key: string) => `cs_${digestOfKey(tenantId, key)}`;

type KeyedRequest = {
  readonly tenantId: string;
  readonly key: string;
  readonly callSessionId: string;
  readonly requestDigest: string;
  readonly at: string;
};

/**
 * Takes a key for a request, before anything else is done for it: a key belongs to a tenant's requests, not to one
 * session, so no session's stream could remember it. Throws EventStoreUnavailable.
 */
export async function useKey(log: EventLog, request: KeyedRequest): Promise<'used' | 'idempotency_key_reused'> {
  const { tenantId, key, callSessionId, requestDigest, at } = request;
  const metadata: FactMetadata = { tenantId, source: 'command', receivedAt: at, $correlationId: callSessionId };
  const result = await appendDecided<'idempotency_key_reused'>(log, keyStream(tenantId, key), ([before]) => {
    if (before !== undefined)
      return IdempotencyKeyUsed.parse(before.data).requestDigest === requestDigest ? [] : 'idempotency_key_reused';
    return [
      {
        id: randomUUID(),
        type: IDEMPOTENCY_KEY_USED,
        data: { callSessionId, requestDigest },
        metadata: metadata as unknown as JsonObject,
      },
    ];
  });
  return result === 'idempotency_key_reused' ? result : 'used';
}
