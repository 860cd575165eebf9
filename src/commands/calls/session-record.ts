import { type DomainEvent, decode, type Fact } from '../../events/codec.ts';
import type { NewEvent } from '../../events/event-log.ts';
import { uuidOf } from '../../events/identity.ts';
import type { JsonObject } from '../../events/json.ts';
import { type FactMetadata, occurrenceOf } from '../../events/metadata.ts';
import type { Recorded } from '../../events/recorded.ts';
import { type SessionEvent, sessionEventSchemas } from '../../events/session-facts.ts';
import { sessionStream } from '../../events/streams.ts';
import type { SessionOf } from './retell-api.ts';

type CallRequested = Extract<SessionEvent, { readonly type: 'CallRequested' }>['data'];

/** What a session's own stream says. */
export type SessionRecord = {
  readonly request?: {
    /** The event's id: who wrote it, and nobody else, may dial. */
    readonly id: string;
    readonly data: CallRequested;
    readonly recordedAt: string;
    readonly requestedAt: string;
  };
  readonly placed: readonly string[];
  readonly failed?: string;
  readonly facts: number;
  readonly position?: bigint;
  readonly lastEventAt?: string;
};

const nothing: SessionRecord = { placed: [], facts: 0 };

export const sessionRecord = (seen: readonly Recorded[]): SessionRecord => seen.reduce(evolve, nothing);

export function evolve(state: SessionRecord, recorded: Recorded): SessionRecord {
  const fact = decode(recorded);
  if (fact === undefined || !isSessionEvent(fact)) return state;
  const next = {
    ...state,
    facts: state.facts + 1,
    position: fact.position,
    lastEventAt: occurrenceOf(fact.metadata),
  };
  switch (fact.type) {
    case 'CallRequested': {
      const { id, data, recordedAt, metadata } = fact;
      return { ...next, request: state.request ?? { id, data, recordedAt, requestedAt: occurrenceOf(metadata) } };
    }
    case 'CallPlaced':
      return { ...next, placed: [...state.placed, fact.data.retellCallId] };
    case 'CallPlacementFailed':
      return { ...next, failed: fact.data.reason };
  }
}

const isSessionEvent = (fact: Fact<DomainEvent>): fact is Fact<SessionEvent> =>
  Object.hasOwn(sessionEventSchemas, fact.type);

/** Requested, and nobody has said yet what came of it. */
export const isOpen = ({ request, placed, failed }: SessionRecord): boolean =>
  request !== undefined && placed.length === 0 && failed === undefined;

/** A call that turns out to have been placed is said even of a session that was given up. */
export const decidePlaced = (record: SessionRecord, retellCallIds: readonly string[]): SessionEvent[] =>
  retellCallIds
    .filter((id) => !record.placed.includes(id))
    .map((retellCallId) => ({ type: 'CallPlaced', data: { retellCallId } }));

export const decideFailed = (record: SessionRecord, reason: string): SessionEvent[] =>
  isOpen(record) ? [{ type: 'CallPlacementFailed', data: { reason } }] : [];

type Told = { readonly source: 'command' | 'reconciliation'; readonly at: string; readonly id?: string };

/** As it is appended. What came of a request has one id, whoever finds it out. */
export function sessionEvent(session: SessionOf, { type, data }: SessionEvent, told: Told): NewEvent {
  const { tenantId, sessionId } = session;
  const metadata: FactMetadata = { tenantId, source: told.source, receivedAt: told.at, $correlationId: sessionId };
  return {
    id: told.id ?? uuidOf(sessionStream(tenantId, sessionId), type, ...Object.values(data as Record<string, string>)),
    type,
    data: data as JsonObject,
    metadata: metadata as unknown as JsonObject,
  };
}
