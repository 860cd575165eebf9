import type { CallEvent } from '../events/call-facts.ts';
import type { Fact } from '../events/codec.ts';
import type { Qualification } from '../events/ticket-facts.ts';
import { isBefore, type Position } from '../projections/calls/position.ts';
import { nameSaidBy } from '../projections/customers/name.ts';
import { type NeedSince, withNeeds } from '../projections/tickets/need.ts';
import { type Direction, directionClaimed, makesTickets } from '../projections/tickets/ticket-endpoint.ts';
import { analysisFields, readFlag } from './analysis-fields.ts';
import { type CallState, type Correlation, correlation, reduceCall } from './call.ts';
import { type CallFact, isActedOn } from './call-fact.ts';
import { withText } from './entries.ts';
import { occurredAt, type Reading, told } from './latest.ts';
import { phoneOf } from './phone.ts';

export type TicketFields = Correlation & {
  readonly direction: Direction | 'web';
  /** As the URL has it; known as soon as there is a ticket. */
  readonly url: Direction;
  readonly fromPhone: string;
  readonly toPhone: string;
  readonly customerName: string;
  readonly qualification: Qualification;
};

export const ticketFields: Reading<TicketFields, CallFact> = (fact) => ({
  ...correlation(fact),
  direction: fact.data.direction,
  url: directionClaimed(fact.metadata),
  fromPhone: phoneOf(fact.data.personal?.fromNumber, fact.metadata.defaultRegion),
  toPhone: phoneOf(fact.data.personal?.toNumber, fact.metadata.defaultRegion),
  customerName: nameSaidBy(fact),
  qualification: fact.metadata.qualification ?? {},
});

/** The spellings of each number, by E.164, sorted. */
export type Spellings = Readonly<Record<string, readonly string[]>>;

/** What tickets and customers need to know of a call: a join over all its facts, whichever URL they came to. */
export type TicketCall = CallState<TicketFields> & TicketParts;

export type TicketParts = {
  /** When the first fact came to a ticket endpoint; absent: the call has no ticket. */
  readonly opened?: { readonly position: Position; readonly recordedAt: string };
  readonly needSince: NeedSince;
  readonly qualified: boolean;
  readonly successful: boolean;
  /** The first and the last occurrence; what staff do with the record does not count. */
  readonly seen: readonly [first: number, last: number];
  /** Of the numbers on both sides. */
  readonly spellings: Spellings;
};

export const qualifiedFlags = ['qualified', 'lead_qualified', 'is_qualified'] as const;

/** The state after one more fact of the call's stream. */
export const reduceTicketCall = (before: TicketCall | undefined, fact: Fact<CallEvent>): TicketCall =>
  withTicketParts(before, reduceCall(ticketFields, before, fact), fact);

/** A call's state after a fact, with what tickets need besides. */
export function withTicketParts<Call extends CallState>(
  before: TicketParts | undefined,
  call: Call,
  fact: Fact<CallEvent>,
): Call & TicketParts {
  const known = before ?? nothingKnown;
  const next = { ...known, ...call };
  switch (fact.type) {
    case 'CallTextPart':
    case 'CallArchived':
    case 'CallUnarchived':
    case 'CallLinked':
      return next;
    case 'CallStarted':
    case 'CallEnded':
    case 'CallAnalyzed':
    case 'TransferStarted':
    case 'TransferBridged':
    case 'TransferCancelled':
    case 'TransferEnded':
    case 'CallEventUnrecognized':
      return {
        ...next,
        ...openedBy(known, fact),
        needSince: withNeeds(known.needSince, fact),
        qualified: known.qualified || isQualified(fact),
        successful: known.successful || (isActedOn(fact) && fact.data.successful === true),
        seen: [Math.min(known.seen[0], occurredAt(fact)), Math.max(known.seen[1], occurredAt(fact))],
        spellings: withSpellings(known.spellings, fact),
      };
  }
}

const nothingKnown = {
  needSince: {},
  qualified: false,
  successful: false,
  // No infinities: the state is kept as JSON.
  seen: [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
  spellings: {},
} as const satisfies TicketParts;

function openedBy({ opened }: Partial<TicketParts>, fact: CallFact): Pick<TicketParts, 'opened'> {
  const position = `${fact.position}`;
  if (!makesTickets(fact.metadata) || (opened && !isBefore(position, opened.position))) return {};
  return { opened: { position, recordedAt: fact.recordedAt } };
}

const isQualified = (fact: CallFact): boolean =>
  isActedOn(fact) && qualifiedFlags.some((name) => readFlag(analysisFields(fact)(name)) === true);

function withSpellings(known: Spellings, { data, metadata }: CallFact): Spellings {
  const spellings: Record<string, readonly string[]> = { ...known };
  for (const raw of [data.personal?.fromNumber, data.personal?.toNumber]) {
    const phone = phoneOf(raw, metadata.defaultRegion);
    if (phone !== undefined) spellings[phone] = withText(spellings[phone] ?? [], raw!);
  }
  return spellings;
}

/** A ticket's direction: the call's own word, else — a web call has none — what the URL claims (B1). */
export function directionOf({ known }: TicketCall): Direction {
  const said = told(known, 'direction');
  return said === 'inbound' || said === 'outbound' ? said : told(known, 'url')!;
}
