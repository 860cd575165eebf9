import type { CallEvent } from '../events/call-facts.ts';
import type { Fact } from '../events/codec.ts';
import { parseStream } from '../events/streams.ts';
import { earlier, isBefore, type Place, type Position, placeOf } from '../projections/calls/position.ts';
import { type CallFact, isActedOn, oncePerFact } from './call-fact.ts';
import { endsInTransfer } from './disconnections.ts';
import { withText } from './entries.ts';
import { canHaveHappened } from './instant.ts';
import { type Known, learn, nothingKnown, occurredAt, type Reading, told } from './latest.ts';
import { type NamedAppointment, type NamedSession, withAppointment, withSession } from './named.ts';
import { joined, noAnswerBy, type Silence, type Supported, supportedBy, withSilence } from './supported.ts';

/** What every reader of calls needs of one; each adds the fields of its own. */
export type Correlation = {
  readonly callSessionId: string;
  readonly appointmentId: string;
  readonly startedAt: string;
  readonly endedAt: string;
};

export const correlation: Reading<Correlation, CallFact> = oncePerFact(({ data, metadata }) => {
  // A call that began in the year 9999 would be the latest for ever.
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
 * All that is known of one call: a join over its facts, so their order, grouping and repetition cannot matter.
 * What depends on the time of receipt goes by the position in the log, not by the order of folding.
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
  /** The session that the phone number led to (A6). */
  readonly linked?: NamedSession;
  readonly lastEventAt: number;
  /** Every session and appointment that a fact of this call has named. */
  readonly sessionsNamed: readonly NamedSession[];
  readonly appointmentsNamed: readonly NamedAppointment[];
  readonly known: Known<Fields>;
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
      return state; // has become part of its fact before it comes here: personal-text.ts
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
        known: learn(state.known, reading(fact), fact, at),
      };
    }
  }
}

const unknownCall = <Fields extends Correlation>(fact: Fact<CallEvent>): CallState<Fields> => ({
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
  known: nothingKnown,
});

/** Archiving is a decision of staff: the last one in the log stands. */
function lastWord(known: CallState['archived'], value: boolean, fact: Fact) {
  const position = `${fact.position}`;
  return known && isBefore(position, known.position) ? known : { value, position };
}

/** Bridged and ended transfers are transfers; started and cancelled ones are not (docs/tickets.md). */
export const showsTransfer = (fact: CallFact): boolean =>
  fact.type === 'TransferBridged' || fact.type === 'TransferEnded' || (isActedOn(fact) && endsInTransfer(fact.data));

/** When the call took place, in milliseconds; what is ordered by it ties by call id. */
export const tookPlaceAt = ({ known, first }: CallState): number =>
  Date.parse(told(known, 'startedAt') ?? told(known, 'endedAt') ?? first!.recordedAt);
