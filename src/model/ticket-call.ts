import type { CallEvent } from '../events/call-facts.ts';
import type { Fact } from '../events/codec.ts';
import type { Qualification } from '../events/ticket-facts.ts';
import { type CallState, type Correlation, correlation, reduceCall, showsTransfer } from './call.ts';
import {
  actionField,
  analysisFields,
  type CallFact,
  collectedFields,
  type Direction,
  directionClaimed,
  givenVariables,
  isActedOn,
  makesTickets,
  qualifiedFlags,
  readFlag,
} from './call-fact.ts';
import { first, isBefore, type Position, withText } from './entries.ts';
import { latestValue, occurredAt, type Reading } from './latest.ts';
import { phoneOf } from './phone.ts';
import { type Scalar, trimmed } from './words.ts';

/** The first with a value counts; a tenant may have further names. */
const names = ['customer_name', 'caller_name'] as const;

/** Best first: what was understood, what was asked, what we knew before. */
const places = [analysisFields, collectedFields, givenVariables] as const;

function nameIn(fact: CallFact): string | undefined {
  for (const place of places) {
    const field = place(fact);
    for (const name of names) {
      const text = field(name)
        .map(textOf)
        .find((name) => name !== '');
      if (text !== undefined) return text;
    }
  }
  return undefined;
}

const textOf = (value: Scalar): string => (typeof value === 'string' ? trimmed(value) : '');

/**
 * Weakest first. The list *is* the ranking of the need for action (docs/rules.md, "Tickets, customers, mail"); unknown
 * is below all.
 */
const needs = ['not_required', 'required', 'transferred'] as const;
type Need = (typeof needs)[number];

/** Where in the log each need first showed: a join, independent of order and repetition. */
export type NeedSince = { readonly [N in Need]?: Position };

/** The needs that one fact shows: `action_required`, and a transfer (B3, B5). */
export function needsShownBy(fact: CallFact): readonly Need[] {
  if (!isActedOn(fact)) return [];
  const required = readFlag(analysisFields(fact)(actionField)) ?? readFlag(collectedFields(fact)(actionField));
  return [
    ...(required === undefined ? [] : [required ? ('required' as const) : ('not_required' as const)]),
    ...(showsTransfer(fact) ? ['transferred' as const] : []),
  ];
}

function withNeeds(since: NeedSince, fact: CallFact): NeedSince {
  const updated: { [N in Need]?: Position } = { ...since };
  for (const need of needsShownBy(fact)) updated[need] = first(updated[need], `${fact.position}`);
  return updated;
}

export const strongestNeed = (since: NeedSince): Need | undefined =>
  needs.findLast((need) => since[need] !== undefined);

export type TicketFields = Correlation & {
  readonly direction: Direction | 'web';
  /** The direction of the URL; set as soon as there is a ticket. */
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
  customerName: nameIn(fact),
  qualification: fact.metadata.qualification ?? {},
});

/** The spellings of each number, by E.164, sorted. */
type Spellings = Readonly<Record<string, readonly string[]>>;

/** The state of a call for tickets and customers: a join over all its facts, from any URL. */
export type TicketCall = CallState<TicketFields> & TicketParts;

export type TicketParts = {
  /** When the first fact came to a ticket endpoint; absent: the call has no ticket. */
  readonly opened?: { readonly position: Position; readonly recordedAt: string };
  readonly needSince: NeedSince;
  readonly qualified: boolean;
  readonly successful: boolean;
  /** First and last occurrence; archiving by staff does not count. */
  readonly seen: readonly [first: number, last: number];
  readonly spellings: Spellings;
};

/** The state after one more fact of the call's stream. */
export const reduceTicketCall = (before: TicketCall | undefined, fact: Fact<CallEvent>): TicketCall =>
  withTicketParts(before, reduceCall(ticketFields, before, fact), fact);

/** The state of a call with the parts that tickets need. */
export function withTicketParts<Call extends CallState>(
  before: TicketParts | undefined,
  call: Call,
  fact: Fact<CallEvent>,
): Call & TicketParts {
  const parts = before ?? initialParts;
  const next = { ...parts, ...call };
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
        ...openedBy(parts, fact),
        needSince: withNeeds(parts.needSince, fact),
        qualified: parts.qualified || isQualified(fact),
        successful: parts.successful || (isActedOn(fact) && fact.data.successful === true),
        seen: [Math.min(parts.seen[0], occurredAt(fact)), Math.max(parts.seen[1], occurredAt(fact))],
        spellings: withSpellings(parts.spellings, fact),
      };
  }
}

export const initialParts = {
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

function withSpellings(before: Spellings, { data, metadata }: CallFact): Spellings {
  const spellings: Record<string, readonly string[]> = { ...before };
  for (const raw of [data.personal?.fromNumber, data.personal?.toNumber]) {
    const phone = phoneOf(raw, metadata.defaultRegion);
    if (phone !== undefined) spellings[phone] = withText(spellings[phone] ?? [], raw!);
  }
  return spellings;
}

/** The direction of a ticket: the call's own, else (a web call has none) that of the URL (B1). */
export function directionOf({ known }: TicketCall): Direction {
  const own = latestValue(known, 'direction');
  return own === 'inbound' || own === 'outbound' ? own : latestValue(known, 'url')!;
}
