import { digestOf } from '../../events/identity.ts';
import type { TicketEvent, TicketStatus } from '../../events/ticket-facts.ts';

/** What staff say of a ticket. */
export type TicketSaid = { readonly status: TicketStatus; readonly note?: string | undefined };

/** The status that staff have set, as the ticket's stream has it. What calls make of it stands in their streams. */
export type StaffStatus = {
  readonly last: { readonly said: TicketSaid; readonly recordedAt: string; readonly position: bigint } | undefined;
  /** What was said under which event id, for requests that carry an Idempotency-Key. */
  readonly said: ReadonlyMap<string, TicketSaid>;
};

export const nothingSaid: StaffStatus = { last: undefined, said: new Map() };

type StatusSet = Extract<TicketEvent, { readonly type: 'TicketStatusSet' }>;

export function evolve(
  state: StaffStatus,
  fact: StatusSet & { readonly id: string; readonly recordedAt: string; readonly position: bigint },
): StaffStatus {
  const { status, note } = fact.data;
  const said: TicketSaid = { status, ...(note !== undefined && { note }) };
  const { recordedAt, position } = fact;
  return { last: { said, recordedAt, position }, said: new Map(state.said).set(fact.id, said) };
}

const same = (a: TicketSaid, b: TicketSaid) => digestOf(a) === digestOf(b);

/**
 * Sets the status. `requestId` is the event's id where the request has an Idempotency-Key: the same again is nothing,
 * something else under the same key is refused.
 *
 * Without one, a repeat of the last word is nothing, unless the call has been heard of since (`callPosition`, of its
 * newest fact): that may have opened the ticket again, and who closes it a second time means it (B15).
 */
export function setStatus(
  state: StaffStatus,
  said: TicketSaid,
  { callId, by, callPosition }: { readonly callId: string; readonly by: string; readonly callPosition: bigint },
  requestId?: string,
): StatusSet[] | 'idempotency_key_reused' {
  const before = requestId === undefined ? undefined : state.said.get(requestId);
  if (before !== undefined) return same(said, before) ? [] : 'idempotency_key_reused';
  const { last } = state;
  if (requestId === undefined && last && same(said, last.said) && callPosition < last.position) return [];
  return [{ type: 'TicketStatusSet', data: { callId, ...said, by } }];
}
