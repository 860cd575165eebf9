import type { CallEvent } from '../../events/call-facts.ts';
import type { Recorded } from '../../events/recorded.ts';

export const archiveActions = ['archive', 'unarchive'] as const;
export type ArchiveAction = (typeof archiveActions)[number];

export type ArchiveEvent = Extract<CallEvent, { readonly type: 'CallArchived' | 'CallUnarchived' }>;

const eventOf = { archive: 'CallArchived', unarchive: 'CallUnarchived' } as const satisfies Record<
  ArchiveAction,
  ArchiveEvent['type']
>;

/** Whether a call is archived is the last word of its stream on it; without one it is not. */
const isArchived = (seen: readonly Recorded[]): boolean =>
  seen.findLast(({ type }) => type === 'CallArchived' || type === 'CallUnarchived')?.type === 'CallArchived';

/**
 * Archives a call or takes it back; already so is nothing. `requestId` is the event's id where the request has an
 * Idempotency-Key: a request that was done is not done again, though its opposite came in between.
 */
export function decideArchive(
  seen: readonly Recorded[],
  action: ArchiveAction,
  by: string,
  requestId?: string,
): ArchiveEvent[] | 'idempotency_key_reused' | 'unknown_call' {
  if (seen.length === 0) return 'unknown_call';
  const type = eventOf[action];
  const before = requestId === undefined ? undefined : seen.find(({ id }) => id === requestId);
  if (before !== undefined) return before.type === type ? [] : 'idempotency_key_reused';
  return isArchived(seen) === (action === 'archive') ? [] : [{ type, data: { by } }];
}
