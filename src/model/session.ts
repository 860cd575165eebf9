import type { Fact } from '../events/codec.ts';
import type { SessionEvent } from '../events/session-facts.ts';
import { parseStream } from '../events/streams.ts';
import { earlier, type Place, placeOf } from '../projections/calls/position.ts';
import { withText } from './entries.ts';
import { type Known, type Latest, latest, learn, nothingKnown, occurredAt, type Reading } from './latest.ts';
import { type NamedAppointment, withAppointment } from './named.ts';

/** What a request says of the call that it asks for. */
export type Requested = {
  readonly direction: 'outbound';
  readonly fromNumber: string;
  readonly toNumber: string;
  readonly agentId: string;
  readonly appointmentId: string;
  readonly contactId: string;
};

type CallRequested = Fact<Extract<SessionEvent, { readonly type: 'CallRequested' }>>;

const requested: Reading<Requested, CallRequested> = ({ data }) => ({
  direction: 'outbound',
  fromNumber: data.fromNumber,
  toNumber: data.toNumber,
  agentId: data.agentId,
  appointmentId: data.appointmentId,
  contactId: data.contactId,
});

/** All that a session's own stream says of it: what we asked Retell for, and what came of the asking. A join, too. */
export type RequestState = {
  readonly tenantId: string;
  readonly sessionId: string;
  readonly facts: readonly string[];
  readonly recordedAt: string;
  readonly lastEventAt: number;
  readonly request?: Place & { readonly occurredAt: number };
  /** Retell's ids of the calls that were placed for it, and when the log first said so. */
  readonly placed: Readonly<Record<string, Place>>;
  readonly failed?: Latest<string>;
  readonly appointmentsNamed: readonly NamedAppointment[];
  readonly known: Known<Requested>;
};

export function reduceRequest(before: RequestState | undefined, fact: Fact<SessionEvent>): RequestState {
  const state = before ?? unknownSession(fact);
  const facts = withText(state.facts, fact.id);
  if (facts === state.facts) return state;
  const next: RequestState = {
    ...state,
    facts,
    recordedAt: [fact.recordedAt, state.recordedAt].sort()[0]!,
    lastEventAt: Math.max(state.lastEventAt, occurredAt(fact)),
  };
  switch (fact.type) {
    case 'CallRequested': {
      return {
        ...next,
        request: earlier(state.request, { ...placeOf(fact), occurredAt: occurredAt(fact) }),
        known: learn(state.known, requested(fact), fact),
        appointmentsNamed: withAppointment(state.appointmentsNamed, fact.data.appointmentId, fact),
      };
    }
    case 'CallPlaced': {
      const id = fact.data.retellCallId;
      const known = Object.hasOwn(state.placed, id) ? state.placed[id] : undefined;
      return { ...next, placed: { ...state.placed, [id]: earlier(known, placeOf(fact)) } };
    }
    case 'CallPlacementFailed': {
      const failed = latest(state.failed, { value: fact.data.reason, at: occurredAt(fact), by: fact.id })!;
      return { ...next, failed };
    }
  }
}

const unknownSession = (fact: Fact<SessionEvent>): RequestState => ({
  tenantId: fact.metadata.tenantId,
  sessionId: parseStream(fact.stream)?.id ?? fact.stream,
  facts: [],
  recordedAt: fact.recordedAt,
  lastEventAt: Number.NEGATIVE_INFINITY,
  placed: {},
  appointmentsNamed: [],
  known: nothingKnown,
});
