import { appendDecided } from '../../events/append-decided.ts';
import { type EventLog, type NewEvent, StreamDeleted } from '../../events/event-log.ts';
import { digestOf, uuidOf } from '../../events/identity.ts';
import type { JsonObject } from '../../events/json.ts';
import type { FactMetadata } from '../../events/metadata.ts';
import { callStream } from '../../events/streams.ts';
import { requestIdOf } from '../idempotency-key.ts';
import { type ArchiveAction, decideArchive } from './archive-decision.ts';

export type ArchiveCommand = {
  readonly tenantId: string;
  readonly callIds: readonly string[];
  readonly action: ArchiveAction;
  readonly idempotencyKey: string | undefined;
  /** The id of the API key. */
  readonly by: string;
  readonly at: string;
};

export type RecordedArchive = {
  /** Of the newest event of the calls' streams; who has read this far knows the result. */
  readonly position: bigint | undefined;
  readonly changed: number;
};

/**
 * Archives calls or takes them back, each in its stream. There is no transaction over several: interrupted, a repeat
 * does what is left. A call that is not on record, or was deleted for good, is passed over, unless all are. Throws
 * EventStoreUnavailable, StreamDeleted.
 */
export async function recordArchive(
  log: EventLog,
  { tenantId, callIds, action, idempotencyKey, by, at }: ArchiveCommand,
): Promise<RecordedArchive | 'idempotency_key_reused' | 'unknown_call'> {
  let known = false;
  let deleted: unknown;
  let changed = 0;
  let position: bigint | undefined;
  for (const callId of callIds) {
    const stream = callStream(tenantId, callId);
    const requestId = requestIdOf(stream, idempotencyKey);
    const metadata: FactMetadata = { tenantId, source: 'command', receivedAt: at, $correlationId: callId };
    const result = await appendDecided<'idempotency_key_reused' | 'unknown_call'>(log, stream, (seen) => {
      const events = decideArchive(seen, action, by, requestId);
      if (typeof events === 'string') return events;
      return events.map(
        ({ type, data }): NewEvent => ({
          id: requestId ?? uuidOf(stream, `${seen.at(-1)!.revision + 1n}`, type, digestOf(data)),
          type,
          data: data as JsonObject,
          metadata: metadata as unknown as JsonObject,
        }),
      );
    }).catch((error: unknown) => {
      if (!(error instanceof StreamDeleted)) throw error;
      deleted = error;
      return 'unknown_call' as const;
    });
    if (result === 'idempotency_key_reused') return result;
    if (result === 'unknown_call') continue;
    known = true;
    changed += result.appended.length;
    if (result.position !== undefined && (position === undefined || result.position > position))
      position = result.position;
  }
  if (!known && deleted !== undefined) throw deleted;
  return known ? { position, changed } : 'unknown_call';
}
