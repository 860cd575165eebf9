import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { type Decider, handle } from '../../events/decider.ts';
import type { EventLog } from '../../events/event-log.ts';
import { uuidOf } from '../../events/identity.ts';
import { byCommand } from '../../events/metadata.ts';
import { IDEMPOTENCY_KEY_USED, IdempotencyKeyUsed, type SessionEvent } from '../../events/session-facts.ts';
import type { CallOrder } from './call-order.ts';
import type { SessionOf } from './retell-api.ts';
import {
  type CallRequested,
  decideFailed,
  handleSession,
  isOpen,
  type PlacementTimes,
  type SessionRecord,
  type SessionWriter,
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
 * The process whose CallRequested begins the session's stream dials, once. The event's id is random: the store takes
 * the same id twice for one append, and two processes would both have won.
 */
export function openClaims(
  log: EventLog,
  { record }: Pick<SessionWriter, 'record'>,
  { dialWithinMs }: Pick<PlacementTimes, 'dialWithinMs'>,
) {
  /** Claims whose append was not confirmed; this process has not dialled for them, so a repeat may go on with them. */
  const unconfirmed = new Map<string, Claim>();

  function takeUp(stream: string, requestDigest: string): Claim {
    const before = unconfirmed.get(stream);
    // An id is written once: with another content it would count as written, though the log holds the first.
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
    const { requestDigest, by } = command;
    const mine = takeUp(stream, requestDigest);
    const { variables: _notKept, ...order } = command.order;
    const result = await handleSession(
      log,
      command,
      requestCall,
      { ...order, requestDigest, by },
      { source: 'command', id: mine.id },
    );
    unconfirmed.delete(stream);
    if (result === 'call_session_exists') return result;
    const { state } = result;
    if (!isOpen(state)) return 'decided';
    if (state.request?.id !== mine.id) return 'open';
    // Known not to have been sent, and by now others may take it for settled.
    if (performance.now() - mine.since > dialWithinMs) {
      await record(command, decideFailed, 'request_expired', 'command');
      return 'decided';
    }
    return 'won';
  };
}

/** The first request for a session begins its stream; the same again changes nothing. */
function requestCall(
  data: CallRequested,
  { exists, request }: SessionRecord,
): readonly SessionEvent[] | 'call_session_exists' {
  if (!exists) return [{ type: 'CallRequested', data }];
  return request?.data.requestDigest === data.requestDigest ? [] : 'call_session_exists';
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
};

type KeyUse = z.infer<typeof IdempotencyKeyUsed>;
type KeyUsed = { readonly type: typeof IDEMPOTENCY_KEY_USED; readonly data: KeyUse };

/** The first request with a key uses it; another one must ask for the same. */
const keyDecider: Decider<KeyUse | undefined, KeyUse, KeyUsed, 'idempotency_key_reused'> = {
  initialState: undefined,
  evolve: (use, { data }) => use ?? IdempotencyKeyUsed.parse(data),
  decide(data, use) {
    if (use === undefined) return [{ type: IDEMPOTENCY_KEY_USED, data }];
    return use.requestDigest === data.requestDigest ? [] : 'idempotency_key_reused';
  },
};

/**
 * Takes a key for a request, before anything else is done for it: a key belongs to a tenant's requests, not to one
 * session, so no session's stream could remember it. Throws EventStoreUnavailable.
 */
export async function useKey(log: EventLog, request: KeyedRequest): Promise<'used' | 'idempotency_key_reused'> {
  const { tenantId, key, callSessionId, requestDigest } = request;
  const metadata = byCommand(tenantId, callSessionId);
  const use = { callSessionId, requestDigest };
  const result = await handle(log, keyStream(tenantId, key), keyDecider, use, metadata, () => randomUUID());
  return result === 'idempotency_key_reused' ? result : 'used';
}
