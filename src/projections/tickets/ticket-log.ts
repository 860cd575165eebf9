import type { Fact } from '../../events/codec.ts';
import { parseStream } from '../../events/streams.ts';
import type { TicketEvent } from '../../events/ticket-facts.ts';
import { type Entries, type Entry, withEntry } from '../../model/entries.ts';
import { occurredAt } from '../../model/latest.ts';

/** What staff or the mail have told of a ticket at one moment. */
export type TicketEntry = TicketEvent & Entry & { readonly occurredAt: number };

/** A ticket's own stream. */
export type TicketLog = {
  readonly tenantId: string;
  readonly ticketId: string;
  readonly entries?: Entries<TicketEntry>;
};

export function reduceTicketLog(before: TicketLog | undefined, fact: Fact<TicketEvent>): TicketLog {
  const log: TicketLog = before ?? {
    tenantId: fact.metadata.tenantId,
    ticketId: parseStream(fact.stream)?.id ?? fact.stream,
  };
  // Between processes only: who looks at a ticket is told what came of it.
  if (fact.type === 'TicketMailClaimed' || fact.type === 'TicketMailPartlySent') return log;
  const { id, position, type, data } = fact;
  const entry = { type, data, id, position: `${position}`, occurredAt: occurredAt(fact) } as TicketEntry;
  return { ...log, entries: withEntry(log.entries, entry) };
}
