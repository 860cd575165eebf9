import { appendDecided } from '../../events/append-decided.ts';
import type { EventLog, NewEvent } from '../../events/event-log.ts';
import { digestOf, uuidOf } from '../../events/identity.ts';
import type { JsonObject } from '../../events/json.ts';
import type { FactMetadata } from '../../events/metadata.ts';
import { ticketStream } from '../../events/streams.ts';
import { type TicketEvent, ticketIdOf } from '../../events/ticket-facts.ts';
import { type MailRecord, mailRecords } from './mail-record.ts';
import { factsOf } from './ticket-facts-of.ts';

/** Which mail: one per opening of a ticket. */
export type MailKey = { readonly tenantId: string; readonly callId: string; readonly opening: number };

/**
 * Appends to the ticket's stream what `decide` makes of the record so far, at the revision just read; nothing or a
 * word where there is nothing to say. Answers whether something was appended. Throws EventStoreUnavailable.
 */
export async function appendMailFact<Refusal extends string = never>(
  log: EventLog,
  { tenantId, callId, opening }: MailKey,
  now: number,
  decide: (record: MailRecord) => TicketEvent | undefined | Refusal,
): Promise<boolean | Refusal> {
  const stream = ticketStream(tenantId, ticketIdOf(callId));
  const receivedAt = new Date(now).toISOString();
  const metadata: FactMetadata = { tenantId, source: 'command', receivedAt, $correlationId: callId };
  const result = await appendDecided<Refusal>(log, stream, (seen): readonly NewEvent[] | Refusal => {
    const event = decide(mailRecords(factsOf(seen)).get(opening) ?? {});
    if (event === undefined) return [];
    if (typeof event === 'string') return event;
    const next = (seen.at(-1)?.revision ?? -1n) + 1n;
    const data = event.data as JsonObject;
    const id = uuidOf(stream, `${next}`, event.type, digestOf(data));
    return [{ id, type: event.type, data, metadata: metadata as unknown as JsonObject }];
  });
  return typeof result === 'string' ? result : result.appended.length > 0;
}
