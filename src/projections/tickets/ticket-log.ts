import type { Fact } from '../../events/codec.ts';
import { parseStream } from '../../events/streams.ts';
import type { TicketEvent } from '../../events/ticket-facts.ts';
import { occurredAt } from '../calls/latest.ts';
import { isBefore, type Position } from '../calls/position.ts';

/** What staff or the mail have told of a ticket at one moment. */
export type TicketEntry = TicketEvent & {
  readonly id: string;
  readonly position: Position;
  readonly occurredAt: number;
};

/** A ticket's own stream, in the order of the log. */
export type TicketLog = {
  readonly tenantId: string;
  readonly ticketId: string;
  readonly entries: readonly TicketEntry[];
};

export function reduceTicketLog(before: TicketLog | undefined, fact: Fact<TicketEvent>): TicketLog {
  const log = before ?? {
    tenantId: fact.metadata.tenantId,
    ticketId: parseStream(fact.stream)?.id ?? fact.stream,
    entries: [],
  };
  // Between processes only: who looks at a ticket is told what came of it.
  if (fact.type === 'TicketMailClaimed') return log;
  const { id, position, type, data } = fact;
  const entry = { type, data, id, position: `${position}`, occurredAt: occurredAt(fact) } as TicketEntry;
  const others = log.entries.filter((other) => other.id !== id);
  return { ...log, entries: [...others, entry].sort((a, b) => (isBefore(a.position, b.position) ? -1 : 1)) };
}
