import { digestOf } from '../../events/identity.ts';
import type { TicketEvent, TicketStatus } from '../../events/ticket-facts.ts';

/** What staff say of a ticket. */
export type TicketSaid = { readonly status: TicketStatus; readonly note?: string | undefined };

type StatusSet = Extract<TicketEvent, { readonly type: 'TicketStatusSet' }>;

/** What staff said last, as the ticket's stream has it. What calls make of it stands in their streams. */
export type LastSaid = { readonly said: TicketSaid; readonly recordedAt: string; readonly position: bigint };

export const saidBy = ({ status, note }: StatusSet['data']): TicketSaid => ({
  status,
  ...(note !== undefined && { note }),
});

/** Of a request with an Idempotency-Key: what was said under the same key before. */
export type Keyed = { readonly before: TicketSaid | undefined };

const same = (a: TicketSaid, b: TicketSaid) => digestOf(a) === digestOf(b);

/**
 * Sets the status. With an Idempotency-Key the same again is nothing, and something else under the same key is refused.
 *
 * Without one, a repeat of the last word is nothing, unless the call has been heard of since (`callPosition`, of its
 * newest fact): that may have opened the ticket again, and who closes it a second time means it (B15).
 */
export function setStatus(
  last: LastSaid | undefined,
  said: TicketSaid,
  { callId, by, callPosition }: { readonly callId: string; readonly by: string; readonly callPosition: bigint },
  keyed?: Keyed,
): StatusSet[] | 'idempotency_key_reused' {
  if (keyed?.before !== undefined) return same(said, keyed.before) ? [] : 'idempotency_key_reused';
  if (keyed === undefined && last && same(said, last.said) && callPosition < last.position) return [];
  return [{ type: 'TicketStatusSet', data: { callId, ...said, by } }];
}
