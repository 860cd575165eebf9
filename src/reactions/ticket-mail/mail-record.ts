import { z } from 'zod';
import { appendDecided } from '../../events/append-decided.ts';
import { decode, type Fact } from '../../events/codec.ts';
import type { EventLog, NewEvent } from '../../events/event-log.ts';
import { digestOf, uuidOf } from '../../events/identity.ts';
import type { JsonObject } from '../../events/json.ts';
import type { FactMetadata } from '../../events/metadata.ts';
import { type PendingText, withPersonal } from '../../events/personal-text.ts';
import type { Recorded } from '../../events/recorded.ts';
import { callStream, ticketStream } from '../../events/streams.ts';
import { type TicketEvent, ticketIdOf } from '../../events/ticket-facts.ts';

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

function factsOf(recorded: readonly Recorded[]): Fact[] {
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

/** What the log says has become of the mail for one opening. */
export type MailRecord = {
  /** Absent: it is still to be sent. Sent is final; of the others the last word counts, since a redrive may follow. */
  readonly settled?: 'sent' | 'failed' | 'not_sent';
  /** The last claim: until then nobody else may send. */
  readonly claim?: { readonly by: string; readonly until: number };
  /** Recipients that have it, and those that were refused for good: neither is tried again. By `recipientId`. */
  readonly accepted?: readonly string[];
  readonly refused?: readonly string[];
};

/** Opening → its record, from the facts of a ticket's stream in their order. */
export function mailRecords(facts: readonly Fact[]): ReadonlyMap<number, MailRecord> {
  const records = new Map<number, MailRecord>();
  for (const fact of facts) {
    const told = recordAfter(fact, (opening) => records.get(opening) ?? {});
    if (told) records.set(...told);
  }
  return records;
}

function recordAfter(fact: Fact, before: (opening: number) => MailRecord): [number, MailRecord] | undefined {
  const settle = (opening: number, settled: MailRecord['settled']): [number, MailRecord] => {
    const { settled: known, ...rest } = before(opening);
    if (known === 'sent') return [opening, { ...rest, settled: known }];
    return [opening, settled === undefined ? rest : { ...rest, settled }];
  };
  if (fact.type === 'TicketMailClaimed') {
    const { opening, by, until } = fact.data;
    return [opening, { ...before(opening), claim: { by, until: Date.parse(until) } }];
  }
  if (fact.type === 'TicketMailPartlySent') {
    const { opening } = fact.data;
    const { accepted = [], refused = [], ...rest } = before(opening);
    const more = { accepted: [...accepted, ...fact.data.accepted], refused: [...refused, ...fact.data.refused] };
    return [opening, { ...rest, ...more }];
  }
  if (fact.type === 'TicketMailSent') return settle(fact.data.opening, 'sent');
  if (fact.type === 'TicketMailFailed') return settle(fact.data.opening, 'failed');
  if (fact.type === 'TicketMailNotSent') return settle(fact.data.opening, 'not_sent');
  if (fact.type === 'TicketMailRedriven') return settle(fact.data.opening, undefined);
  return undefined; // what staff say is for the ticket's own reducer
}

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

const Address = z.email().max(254);

/** As addresses are compared. */
const normal = (address: string): string => address.toLowerCase();

/** Who is to get the mails: what the settings hold, once each; what is no address (any more) is passed over. */
export function validRecipients(recipients: readonly string[]): readonly string[] {
  const valid = recipients.flatMap((text) => Address.safeParse(text.trim()).data ?? []);
  return [...new Map(valid.map((address) => [normal(address), address])).values()];
}

/** A recipient of a mail as the log knows it: a digest of its own for each mail, and no address. */
export const recipientId = ({ tenantId, callId, opening }: MailKey, address: string): string =>
  uuidOf('ticket-mail-recipient', tenantId, callId, `${opening}`, normal(address));

/** Those of the recipients that a mail is still to be brought to. */
export function openRecipients(
  key: MailKey,
  { accepted = [], refused = [] }: MailRecord,
  recipients: readonly string[],
): readonly string[] {
  const settled = new Set([...accepted, ...refused]);
  return recipients.filter((address) => !settled.has(recipientId(key, address)));
}

/** Those of the recipients that stand in a list, however either writes them. */
export function among(recipients: readonly string[], listed: readonly string[]): readonly string[] {
  const known = new Set(listed.map(normal));
  return recipients.filter((address) => known.has(normal(address)));
}
