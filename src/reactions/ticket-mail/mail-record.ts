import { z } from 'zod';
import { decode, type Fact } from '../../events/codec.ts';
import { handle, overFacts } from '../../events/decider.ts';
import { erasureIn } from '../../events/erased.ts';
import type { EventLog } from '../../events/event-log.ts';
import { uuidOf } from '../../events/identity.ts';
import type { FactMetadata } from '../../events/metadata.ts';
import { wholeFacts } from '../../events/personal-text.ts';
import type { Recorded } from '../../events/recorded.ts';
import { callStream, ticketStream } from '../../events/streams.ts';
import { type TicketEvent, ticketEventSchemas, ticketIdOf } from '../../events/ticket-facts.ts';

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

/** Whether the person of its call was erased: what is rendered must not go out any more. */
export const isErased = async (log: EventLog, { tenantId, callId }: Pick<MailKey, 'tenantId' | 'callId'>) =>
  erasureIn(await log.read(callStream(tenantId, callId))) !== undefined;

const factsOf = (recorded: readonly Recorded[]): Fact[] => [
  ...wholeFacts(recorded.map(decode).filter((fact) => fact !== undefined)),
];

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

/** Opening → its record. */
type MailRecords = ReadonlyMap<number, MailRecord>;

/** From the facts of a ticket's stream in their order. */
export const mailRecords = (facts: readonly Fact[]): MailRecords => facts.reduce(evolve, new Map());

function evolve(records: MailRecords, fact: Fact): MailRecords {
  if (!('opening' in fact.data)) return records; // a status that staff set
  const { opening } = fact.data;
  return new Map(records).set(opening, recordAfter(records.get(opening) ?? {}, fact as Fact<MailEvent>));
}

type MailEvent = Exclude<TicketEvent, { readonly type: 'TicketStatusSet' }>;

function recordAfter(before: MailRecord, { type, data }: MailEvent): MailRecord {
  switch (type) {
    case 'TicketMailClaimed':
      return { ...before, claim: { by: data.by, until: Date.parse(data.until) } };
    case 'TicketMailPartlySent': {
      const { accepted = [], refused = [] } = before;
      return { ...before, accepted: [...accepted, ...data.accepted], refused: [...refused, ...data.refused] };
    }
    case 'TicketMailSent':
      return { ...before, settled: 'sent' };
    case 'TicketMailFailed':
      return before.settled === 'sent' ? before : { ...before, settled: 'failed' };
    case 'TicketMailNotSent':
      return before.settled === 'sent' ? before : { ...before, settled: 'not_sent' };
    case 'TicketMailRedriven': {
      const { settled, ...queued } = before;
      return settled === 'sent' ? before : queued;
    }
  }
}

/** Which mail: one per opening of a ticket. */
export type MailKey = { readonly tenantId: string; readonly callId: string; readonly opening: number };

export const mailName = ({ tenantId, callId, opening }: MailKey): string => `${tenantId}.${opening}.${callId}`;

/** What is to be recorded of a mail: undefined for nothing, a word where it cannot be. */
type MailDecision<Refusal extends string> = (record: MailRecord) => TicketEvent | undefined | Refusal;

/** Appends what a decision makes of a mail's record, if anything. Throws EventStoreUnavailable. */
export async function appendMailFact<Refusal extends string = never>(
  log: EventLog,
  { tenantId, callId, opening }: MailKey,
  now: number,
  decide: MailDecision<Refusal>,
): Promise<boolean | Refusal> {
  const receivedAt = new Date(now).toISOString();
  const metadata: FactMetadata = { tenantId, source: 'command', receivedAt, $correlationId: callId };
  const decider = {
    initialState: new Map<number, MailRecord>(),
    evolve: overFacts<MailRecords, TicketEvent>(ticketEventSchemas, evolve),
    decide(decision: MailDecision<Refusal>, records: MailRecords): readonly TicketEvent[] | Refusal {
      const event = decision(records.get(opening) ?? {});
      return typeof event === 'string' ? event : event === undefined ? [] : [event];
    },
  };
  const result = await handle(log, ticketStream(tenantId, ticketIdOf(callId)), decider, decide, metadata);
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

/** The recipients that are in a list; addresses compare in their normal form. */
export function among(recipients: readonly string[], listed: readonly string[]): readonly string[] {
  const known = new Set(listed.map(normal));
  return recipients.filter((address) => known.has(normal(address)));
}
