import type { Fact } from '../events/codec.ts';
import type { Erasure } from '../events/erasure-facts.ts';
import type { SessionEvent } from '../events/session-facts.ts';
import { parseStream } from '../events/streams.ts';
import { type CallState, type Correlation, statusOf, tookPlaceAt } from './call.ts';
import {
  earlier,
  isBefore,
  type NamedAppointment,
  type Place,
  type Position,
  placeOf,
  withAppointment,
  withText,
} from './entries.ts';
import {
  type Latest,
  type LatestFields,
  latest,
  latestAmong,
  latestValue,
  noFields,
  occurredAt,
  type Reading,
  withUpdate,
} from './latest.ts';
import { stronger, type Verdict } from './outcome.ts';

/** The fields of a request for a call. */
type Requested = {
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

/** The state of a session's own stream: our request to Retell and its result. A join, like a call. */
export type RequestState = {
  readonly tenantId: string;
  readonly sessionId: string;
  readonly facts: readonly string[];
  /** Its person is erased. */
  readonly erased?: Erasure;
  readonly recordedAt: string;
  readonly lastEventAt: number;
  readonly request?: Place;
  /** Retell's ids of the calls placed for it, and the first place in the log that says so. */
  readonly placed: Readonly<Record<string, Place>>;
  readonly failed?: Latest<string>;
  readonly appointmentsNamed: readonly NamedAppointment[];
  readonly known: LatestFields<Requested>;
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
        request: earlier(state.request, placeOf(fact)),
        known: withUpdate(state.known, requested(fact), fact),
        appointmentsNamed: withAppointment(state.appointmentsNamed, fact.data.appointmentId, fact),
      };
    }
    case 'CallPlaced': {
      const id = fact.data.retellCallId;
      const place = Object.hasOwn(state.placed, id) ? state.placed[id] : undefined;
      return { ...next, placed: { ...state.placed, [id]: earlier(place, placeOf(fact)) } };
    }
    case 'CallPlacementFailed': {
      const failed = latest(state.failed, { value: fact.data.reason, at: occurredAt(fact), by: fact.id })!;
      return { ...next, failed };
    }
  }
}

export const unknownSession = (fact: Fact): RequestState => ({
  tenantId: fact.metadata.tenantId,
  sessionId: parseStream(fact.stream)?.id ?? fact.stream,
  facts: [],
  recordedAt: fact.recordedAt,
  lastEventAt: Number.NEGATIVE_INFINITY,
  placed: {},
  appointmentsNamed: [],
  known: noFields,
});

/** A call session: its request and its calls, at least one of the two. */
export type Session<Fields extends Correlation = Correlation> = {
  readonly tenantId: string;
  readonly id: string;
  readonly request?: RequestState | undefined;
  /** Only calls with a fact of their own, in any order. */
  readonly calls: readonly CallState<Fields>[];
};

/** Every session that a call may have been in, the strongest claim first. */
export const sessionsEverOf = ({ sessionsNamed, linked }: CallState, placedBy: string | null | undefined): string[] => [
  ...new Set(
    [...sessionsNamed, ...(placedBy ? [{ id: placedBy }] : []), ...(linked ? [linked] : [])].map(({ id }) => id),
  ),
];

/** The id of a session with one call that names none. */
export const ownSessionId = (callId: string): string => `call:${callId}`;

/** Orders calls by when they took place, then by id. */
export const inOrder = <C extends CallState>(calls: readonly C[]): readonly C[] =>
  calls.length < 2
    ? calls
    : calls.toSorted((a, b) => tookPlaceAt(a) - tookPlaceAt(b) || (a.callId < b.callId ? -1 : 1));

/** The appointment of a session: the latest that its request or a call names. */
export const appointmentOf = ({ request, calls }: Session): string | undefined =>
  latestAmong<Correlation, 'appointmentId'>(
    [...(request ? [request.known] : []), ...calls.map(({ known }) => known)],
    'appointmentId',
  );

/** The appointment of a call: its own, else that of its session. */
export const appointmentOfCall = (call: CallState, session: Session): string | undefined =>
  latestValue(call.known, 'appointmentId') ?? appointmentOf(session);

/** When the first fact of a session was recorded. */
export const createdAtOf = ({ request, calls }: Session): string =>
  calls.reduce((first, call) => earliest(first, call.first!.recordedAt), request?.recordedAt)!;

const earliest = (a: string | undefined, b: string): string => (a !== undefined && a < b ? a : b);

/** The strongest verdict of the request and its calls; among equals the later gives the reason. */
export function sessionStatus(session: Session): Verdict {
  const concerns = appointmentOf(session) !== undefined;
  const verdicts = inOrder(session.calls).map((call) => statusOf(call, concerns));
  if (session.request?.failed) verdicts.unshift({ status: 'failed', reason: session.request.failed.value });
  if (verdicts.length === 0) return { status: 'pending', reason: 'requested' };
  return verdicts.reduce((a, b) => (stronger(b.status, a.status) === b.status ? b : a));
}

/** The states of all streams that may belong to some sessions. */
export type Parts<Fields extends Correlation> = {
  readonly tenantId: string;
  readonly calls: readonly CallState<Fields>[];
  /** Includes every session that has ever placed one of the calls. */
  readonly requests: readonly RequestState[];
};

/**
 * The session of a call, undefined if unknown. The precedence is that of `calls/membership.ts`, which decides for the
 * read model.
 */
export function sessionIdOf(callId: string, { calls, requests }: Parts<Correlation>): string | undefined {
  const call = calls.find((one) => one.callId === callId && one.first);
  const placedBy = firstToPlace(callId, requests);
  if (!call) return placedBy;
  return latestValue(call.known, 'callSessionId') ?? placedBy ?? call.linked?.id ?? ownSessionId(callId);
}

function firstToPlace(callId: string, requests: readonly RequestState[]): string | undefined {
  let first: { readonly sessionId: string; readonly position: Position } | undefined;
  for (const { sessionId, placed } of requests) {
    const position = Object.hasOwn(placed, callId) ? placed[callId]!.position : undefined;
    if (position !== undefined && (!first || isBefore(position, first.position))) first = { sessionId, position };
  }
  return first?.sessionId;
}

/** Builds the sessions; those without a fact are left out. */
export function sessionsOf<Fields extends Correlation>(
  ids: readonly string[],
  parts: Parts<Fields>,
): Session<Fields>[] {
  const { tenantId, requests } = parts;
  const recordedCalls = parts.calls.filter(({ first }) => first !== undefined);
  const bySession = Map.groupBy(recordedCalls, ({ callId }) => sessionIdOf(callId, parts)!);
  return ids.flatMap((id) => {
    const request = requests.find(({ sessionId }) => sessionId === id);
    const calls = bySession.get(id) ?? [];
    return request || calls.length > 0 ? [{ tenantId, id, request, calls }] : [];
  });
}
