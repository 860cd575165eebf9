import type { CallEvent, Personal } from '../events/call-facts.ts';
import type { Fact } from '../events/codec.ts';
import type { Erasure } from '../events/erasure-facts.ts';
import { definedFields, type JsonObject } from '../events/json.ts';
import { parseStream } from '../events/streams.ts';
import { type CallFact, isActedOn, makesTickets, oncePerFact } from './call-fact.ts';
import {
  earlier,
  isBefore,
  type NamedAppointment,
  type NamedSession,
  type Place,
  type Position,
  placeOf,
  withAppointment,
  withSession,
  withText,
} from './entries.ts';
import { type LatestFields, latestValue, noFields, occurredAt, type Reading, withUpdate } from './latest.ts';
import {
  endsInTransfer,
  joined,
  noAnswerBy,
  type Outcome,
  outcomes,
  type Silence,
  type Supported,
  supportedBy,
  type Verdict,
  withSilence,
} from './outcome.ts';
import { canHaveHappened } from './time.ts';

/** The fields that every reader needs; each adds its own. */
export type Correlation = {
  readonly callSessionId: string;
  readonly appointmentId: string;
  readonly startedAt: string;
  readonly endedAt: string;
};

export const correlation: Reading<Correlation, CallFact> = oncePerFact(({ data, metadata }) => {
  // A call that claims to have begun in the year 9999 would stay the latest for ever.
  const believed = (at: string | undefined) =>
    at !== undefined && canHaveHappened(Date.parse(at), Date.parse(metadata.receivedAt)) ? at : undefined;
  return {
    callSessionId: data.callSessionId,
    appointmentId: data.appointmentId,
    startedAt: believed(data.startedAt),
    endedAt: believed(data.endedAt),
  };
});

/**
 * The state of one call: a join over its facts, independent of order, grouping and repetition. What depends on receipt
 * goes by log position.
 */
export type CallState<Fields extends Correlation = Correlation> = {
  readonly tenantId: string;
  readonly callId: string;
  /** Ids of the facts folded. */
  readonly facts: readonly string[];
  /** Absent while only commands are known. */
  readonly first?: Place;
  readonly supported: Supported;
  readonly silence: Silence;
  readonly ended: boolean;
  readonly analysed: boolean;
  readonly transferred: boolean;
  readonly tenantMismatch: boolean;
  readonly archived?: { readonly value: boolean; readonly position: Position };
  /** Its person is erased. */
  readonly erased?: Erasure;
  /** The session that its phone number led to (A6). */
  readonly linked?: NamedSession;
  readonly lastEventAt: number;
  /** Every session and appointment that a fact of this call has named. */
  readonly sessionsNamed: readonly NamedSession[];
  readonly appointmentsNamed: readonly NamedAppointment[];
  readonly known: LatestFields<Fields>;
};

/** The state after one more fact of the call's stream. */
export function reduceCall<Fields extends Correlation>(
  reading: Reading<Fields, CallFact>,
  before: CallState<Fields> | undefined,
  fact: Fact<CallEvent>,
): CallState<Fields> {
  const state = before ?? unknownCall<Fields>(fact);
  const facts = withText(state.facts, fact.id);
  if (facts === state.facts) return state;
  const at = occurredAt(fact);
  const next = { ...state, facts, lastEventAt: Math.max(state.lastEventAt, at) };
  switch (fact.type) {
    case 'CallTextPart':
      return state; // wholeFacts has joined it to its fact
    case 'CallArchived':
      return { ...next, archived: lastWord(state.archived, true, fact) };
    case 'CallUnarchived':
      return { ...next, archived: lastWord(state.archived, false, fact) };
    case 'CallLinked':
      return { ...next, linked: earlier(state.linked, { id: fact.data.sessionId, ...placeOf(fact) }) };
    case 'CallStarted':
    case 'CallEnded':
    case 'CallAnalyzed':
    case 'TransferStarted':
    case 'TransferBridged':
    case 'TransferCancelled':
    case 'TransferEnded':
    case 'CallEventUnrecognized': {
      const silence = withSilence(state.silence, fact);
      return {
        ...next,
        first: earlier(state.first, placeOf(fact)),
        supported: [supportedBy(fact), noAnswerBy(silence)].reduce(joined, state.supported),
        silence,
        ended: state.ended || fact.type === 'CallEnded' || fact.type === 'CallAnalyzed',
        analysed: state.analysed || (isActedOn(fact) && fact.data.analysed === true),
        transferred: state.transferred || showsTransfer(fact),
        tenantMismatch: state.tenantMismatch || fact.data.tenantMismatch === true,
        sessionsNamed: withSession(state.sessionsNamed, fact),
        appointmentsNamed: withAppointment(state.appointmentsNamed, fact.data.appointmentId, fact, at),
        known: withUpdate(state.known, reading(fact), fact, at),
      };
    }
  }
}

export const unknownCall = <Fields extends Correlation>(fact: Fact): CallState<Fields> => ({
  tenantId: fact.metadata.tenantId,
  callId: parseStream(fact.stream)?.id ?? fact.stream,
  facts: [],
  supported: {},
  silence: { inactive: false, unheard: false },
  ended: false,
  analysed: false,
  transferred: false,
  tenantMismatch: false,
  lastEventAt: Number.NEGATIVE_INFINITY,
  sessionsNamed: [],
  appointmentsNamed: [],
  known: noFields,
});

/** Staff archive: the last decision in the log wins. */
function lastWord(before: CallState['archived'], value: boolean, fact: Fact) {
  const position = `${fact.position}`;
  return before && isBefore(position, before.position) ? before : { value, position };
}

/** Bridged and ended transfers are transfers; started and cancelled ones are not (docs/tickets.md). */
export const showsTransfer = (fact: CallFact): boolean =>
  fact.type === 'TransferBridged' || fact.type === 'TransferEnded' || (isActedOn(fact) && endsInTransfer(fact.data));

/** When the call took place, in milliseconds; ties are ordered by call id. */
export const tookPlaceAt = ({ known, first }: CallState): number =>
  Date.parse(latestValue(known, 'startedAt') ?? latestValue(known, 'endedAt') ?? first!.recordedAt);

/** The strongest outcome that is supported, with its reason. */
export function strongest(supported: Supported): Verdict | undefined {
  const status = outcomes.findLast((outcome: Outcome) => supported[outcome] !== undefined);
  return status && { status, reason: supported[status]! };
}

/** The outcome of a call (docs/rules.md, "Outcome of a call"). It can only rise as facts are added. */
export function statusOf(call: CallState, concernsAppointment: boolean): Verdict {
  const supported = strongest(call.supported);
  if (supported) return supported;
  if (!call.ended) return { status: 'pending', reason: 'in_progress' };
  if (!call.analysed) return { status: 'pending', reason: 'analysis_missing' };
  return concernsAppointment ? { status: 'failed', reason: 'undecided' } : { status: 'answered', reason: 'answered' };
}

/** The outcome of a call at a position of the log, by its own facts and without an appointment. */
type OutcomeReached = Place & { readonly outcome: Outcome; readonly reason: string };

/** A call and its outcomes, one after the other. */
export type CallOutcomes = CallState & { readonly reached: readonly OutcomeReached[] };

/**
 * Notes a new outcome, or a better reason for one, with its place in the log: unlike the rest of the state it depends on
 * the order of the log, since the live feed says what was known when.
 */
export function withReached<Call extends CallState>(
  reached: readonly OutcomeReached[] = [],
  call: Call,
  fact: Fact,
): Call & CallOutcomes {
  const { status, reason } = statusOf(call, false);
  const last = reached.at(-1);
  const isNew = last ? status !== last.outcome || reason !== last.reason : status !== 'pending';
  return { ...call, reached: isNew ? [...reached, { ...placeOf(fact), outcome: status, reason }] : reached };
}

/** An analysis as the API shows it. */
export type Analysis = {
  readonly summary?: string;
  readonly sentiment?: string;
  readonly successful?: boolean;
  readonly inVoicemail?: boolean;
  readonly custom: JsonObject;
};

/** The fields of a call that its session shows. */
export type Description = {
  readonly [K in keyof ReturnType<typeof description>]-?: Exclude<ReturnType<typeof description>[K], undefined>;
};

export const description = (fact: CallFact) => {
  const { data, metadata } = fact;
  return {
    ...correlation(fact),
    direction: data.direction,
    agentId: data.agentId,
    agentName: data.agentName,
    contactId: data.contactId,
    durationMs: data.durationMs,
    disconnectionReason: data.disconnectionReason,
    fromNumber: data.personal?.fromNumber,
    toNumber: data.personal?.toNumber,
    transcript: data.personal?.transcript,
    recordingUrl: data.personal?.recordingUrl,
    analysis: data.analysed ? analysisOf(data, data.personal) : undefined,
    /** A fact came to a ticket endpoint. */
    hasTicket: makesTickets(metadata) || undefined,
    /** The region that a national number is read in. */
    region: metadata.defaultRegion,
  };
};

/** Undefined for an empty analysis: it must not replace another one. */
function analysisOf(data: CallFact['data'], personal: Personal | undefined): Analysis | undefined {
  const custom = { ...personal?.custom, ...data.flags };
  const { successful, inVoicemail } = data;
  const fields = definedFields({
    summary: personal?.summary,
    sentiment: personal?.sentiment,
    ...{ successful, inVoicemail },
  });
  return Object.keys(fields).length + Object.keys(custom).length > 0 ? { ...fields, custom } : undefined;
}
