import type { EventLog } from '../events/event-log.ts';
import type { DeletedAtRetell } from '../retell/delete-call.ts';
import { type ErasureState, record, recordOf } from './erasure.ts';

/** How many are asked for until others have their turn. */
const PIECE = 100;
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
  const piece = open.slice(0, PIECE);
  const isLate = now() - Date.parse(erasure.requestedAt) > GIVE_UP_MS;
  let [answered, inARow] = [0, 0];
  for (const callId of piece) {
    const { outcome, mayPass } = (await deleteAtRetell?.(tenantId, callId, signal)) ?? noKey;
    signal.throwIfAborted(); // what was broken off is no answer
    inARow = mayPass ? inARow + 1 : 0;
    if (mayPass && !isLate) {
      if (inARow === FAILURES) return 'later';
      continue;
    }
    answered++;
    await record(
      log,
      { tenantId, id: erasure.id },
      [{ type: 'CallDeletedAtRetell', data: { callId, outcome } }],
      now(),
    );
  }
  if (answered < piece.length) return 'later';
  return open.length > PIECE ? 'more' : 'done';
}
