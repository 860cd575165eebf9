import { decode, type Fact } from '../../events/codec.ts';
import type { EventLog } from '../../events/event-log.ts';
import { type PendingText, withPersonal } from '../../events/personal-text.ts';
import type { Recorded } from '../../events/recorded.ts';
import { callStream, ticketStream } from '../../events/streams.ts';
import { ticketIdOf } from '../../events/ticket-facts.ts';

/** All that a ticket rests on: the facts of its call, each with its whole text, and those of its own stream. */
export type TicketFacts = {
  readonly tenantId: string;
  readonly callId: string;
  readonly ofCall: readonly Fact[];
  readonly ofTicket: readonly Fact[];
};

/** Straight from the log, which alone is the truth. Throws EventStoreUnavailable, or on a broken fact. */
export async function readTicketFacts(log: EventLog, tenantId: string, callId: string): Promise<TicketFacts> {
  // The ticket's stream first: whatever it says rests on what the call's stream held by then.
  const ofTicket = factsOf(await log.read(ticketStream(tenantId, ticketIdOf(callId))));
  const ofCall = factsOf(await log.read(callStream(tenantId, callId)));
  return { tenantId, callId, ofCall, ofTicket };
}

export function factsOf(recorded: readonly Recorded[]): Fact[] {
  const facts: Fact[] = [];
  let pending: PendingText = {};
  for (const one of recorded) {
    const decoded = decode(one);
    if (decoded === undefined) continue;
    const [next, fact] = withPersonal(pending, decoded);
    pending = next;
    if (fact) facts.push(fact);
  }
  return facts;
}
