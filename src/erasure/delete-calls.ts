import type { ErasureRecordEvent } from '../events/erasure-record.ts';
import type { EventLog } from '../events/event-log.ts';
import type { DeletedAtRetell } from '../retell/delete-call.ts';
import { type ErasureState, record, recordOf } from './erasure.ts';

/** How many are asked for until others have their turn. */
const PIECE = 100;
/** Recorded at once: each record reads the erasure's stream, which has as many events as there are answers. */
const RECORDED_TOGETHER = 20;
/** In a row: then Retell is away. */
const FAILURES = 3;
/** What Retell says after so long is recorded, whatever it is. */
const GIVE_UP_MS = 86_400_000;

/** Undefined: the tenant has no key of Retell's. */
export type DeleteAtRetell = (
  tenantId: string,
  callId: string,
  signal: AbortSignal,
) => Promise<DeletedAtRetell> | undefined;

type Deleting = {
  readonly log: Pick<EventLog, 'read' | 'append'>;
  readonly now: () => number;
  readonly signal: AbortSignal;
  readonly deleteAtRetell?: DeleteAtRetell;
};
const noKey: DeletedAtRetell = { outcome: 'no_key', mayPass: false };

/**
 * Has Retell delete calls that were found and that it has given no answer for yet; what it says is recorded. `later`: it
 * is away, or asks for less at once. Throws EventStoreUnavailable.
 */
export async function deleteCalls(
  { log, now, signal, deleteAtRetell }: Deleting,
  { tenantId, erasure, deleteAtRetell: isWanted }: Pick<ErasureState, 'tenantId' | 'erasure' | 'deleteAtRetell'>,
): Promise<'done' | 'more' | 'later'> {
  if (!isWanted) return 'done';
  const { calls, asked } = await recordOf(log, tenantId, erasure.id);
  const open = calls.filter((id) => !asked.has(id));
  const isLate = now() - Date.parse(erasure.requestedAt) > GIVE_UP_MS;
  const answers: ErasureRecordEvent[] = [];
  const recordAnswers = async () => {
    const some = answers.splice(0); // the log may have taken what it fails to confirm, and each counts once
    if (some.length > 0) await record(log, { tenantId, id: erasure.id }, some, now());
  };
  let [unanswered, inARow] = [0, 0];
  try {
    for (const callId of open.slice(0, PIECE)) {
      const { outcome, mayPass } = (await deleteAtRetell?.(tenantId, callId, signal)) ?? noKey;
      signal.throwIfAborted(); // what was broken off is no answer
      inARow = mayPass ? inARow + 1 : 0;
      if (!mayPass || isLate) answers.push({ type: 'CallDeletedAtRetell', data: { callId, outcome } });
      else if (inARow === FAILURES) return 'later';
      else unanswered++;
      if (answers.length === RECORDED_TOGETHER) await recordAnswers();
    }
  } finally {
    await recordAnswers();
  }
  if (unanswered > 0) return 'later';
  return open.length > PIECE ? 'more' : 'done';
}
