import { randomUUID } from 'node:crypto';
import { appendDecided } from '../../events/append-decided.ts';
import type { EventLog } from '../../events/event-log.ts';
import { uuidOf } from '../../events/identity.ts';
import type { JsonObject } from '../../events/json.ts';
import type { FactMetadata } from '../../events/metadata.ts';
import { IDEMPOTENCY_KEY_USED, IdempotencyKeyUsed } from '../../events/session-facts.ts';

/** STORED FORMAT: the stream that remembers a key, and the session of a request that names none. */
const digestOfKey = (tenantId: string, key: string) => uuidOf(tenantId, 'POST /api/calls', key);
export const keyStream = (tenantId: string, key: string) => `idempotency-${tenantId}.${digestOfKey(tenantId, key)}`;
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
