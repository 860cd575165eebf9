import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { appendDecided, type Decided } from '../../events/append-decided.ts';
import { type DomainEvent, decode, type Fact } from '../../events/codec.ts';
import { type EventLog, EventStoreUnavailable, type NewEvent } from '../../events/event-log.ts';
import { uuidOf } from '../../events/identity.ts';
import type { JsonObject } from '../../events/json.ts';
import { type FactMetadata, occurrenceOf } from '../../events/metadata.ts';
import type { Recorded } from '../../events/recorded.ts';
import { type SessionEvent, sessionEventSchemas } from '../../events/session-facts.ts';
import { sessionStream } from '../../events/streams.ts';
import type { SessionOf } from './retell-api.ts';

/**
 * How long each step of placing a call may take. They belong together: nobody may conclude that a call was not placed
 * (`settledAfterMs`) while whoever asked for it could still send it, or Retell could still act on it.
 */
export type PlacementTimes = {
  /** A caller is answered by then, whatever has become of the call. */
  readonly answerWithinMs: number;
  /** A request that waited longer than this, by its own process' clock, is not sent any more. */
  readonly dialWithinMs: number;
  /** Our own limit for Retell's answer, body included. Later is *unknown*. */
  readonly createTimeoutMs: number;
  readonly listTimeoutMs: number;
  /**
   * From this age of the request on, a list without the call means that there is none: `dialWithinMs`, the 120 s that
   * Retell gives itself for creating a call, and a minute for a ringing call to show in its lists.
   */
  readonly settledAfterMs: number;
  /** So many lists without the call are needed, the last of them at that age. */
  readonly emptyLists: number;
  /** Between two looks; the last one goes on. */
  readonly lookEveryMs: readonly number[];
  /** Then whoever looks gives up for now; the next start or the next round looks again. */
  readonly lookForMs: number;
  /** At the end of the process: how long calls that are being placed are waited for. */
  readonly drainMs: number;
};

export const placementTimes: PlacementTimes = {
  answerWithinMs: 10_000,
  dialWithinMs: 10_000,
  createTimeoutMs: 30_000,
  listTimeoutMs: 10_000,
  settledAfterMs: 190_000,
  emptyLists: 3,
  lookEveryMs: [1000, 2000, 5000, 10_000, 20_000, 30_000],
  lookForMs: 600_000,
  drainMs: 5000,
};

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

function evolve(state: SessionRecord, recorded: Recorded): SessionRecord {
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

export const streamOf = ({ tenantId, sessionId }: SessionOf) => sessionStream(tenantId, sessionId);
export const idsOf = ({ tenantId, sessionId }: SessionOf) => ({ tenantId, sessionId });

type Decision = (record: SessionRecord) => SessionEvent[];
type Source = 'command' | 'reconciliation';

export type SessionWriter = {
  recordOf(session: SessionOf): Promise<SessionRecord>;
  /** Throws EventStoreUnavailable. */
  tell(session: SessionOf, decide: Decision, source: Source): Promise<Decided>;
  /** What must not be lost until the log has it, or the process ends: then the next start finds it out. */
  tellSurely(session: SessionOf, decide: Decision, source: Source): Promise<void>;
};

/** What becomes of requests, on record. */
export function sessionWriter(
  log: EventLog,
  logger: Logger,
  { lookEveryMs }: Pick<PlacementTimes, 'lookEveryMs'>,
  now: () => Date,
  stopping: AbortSignal,
): SessionWriter {
  const tell: SessionWriter['tell'] = (session, decide, source) =>
    appendDecided<never>(log, streamOf(session), (seen) =>
      decide(sessionRecord(seen)).map((event) => sessionEvent(session, event, { source, at: now().toISOString() })),
    );
  return {
    recordOf: async (session) => sessionRecord(await log.read(streamOf(session))),
    tell,
    async tellSurely(session, decide, source) {
      for (let attempt = 0; ; attempt++) {
        try {
          await tell(session, decide, source);
          return;
        } catch (error) {
          if (!(error instanceof EventStoreUnavailable) || stopping.aborted) throw error;
          logger.warn({ reason: 'store_unavailable', ...idsOf(session) }, 'outcome of placing a call not recorded yet');
          const wait = lookEveryMs[Math.min(attempt, lookEveryMs.length - 1)]!;
          await sleep(wait, undefined, { signal: stopping }).catch(() => {});
        }
      }
    },
  };
}
