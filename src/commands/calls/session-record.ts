import type { Logger } from 'pino';
import { type Decider, type Handled, handle, overFacts } from '../../events/decider.ts';
import { type EventLog, EventStoreUnavailable } from '../../events/event-log.ts';
import { uuidOf } from '../../events/identity.ts';
import { byCommand, occurrenceOf } from '../../events/metadata.ts';
import type { Recorded } from '../../events/recorded.ts';
import { type SessionEvent, sessionEventSchemas } from '../../events/session-facts.ts';
import { sessionStream } from '../../events/streams.ts';
import { pause } from '../../events/waiting.ts';
import type { SessionOf } from './retell-api.ts';

/**
 * How long each step of placing a call may take. No call may count as not placed (`settledAfterMs`) while it could still
 * be sent, or Retell could still act on it.
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
   * From this age of the request on, a list without the call means that there is none: `dialWithinMs`, 120 s for Retell
   * to create it, and a minute for it to show in the lists.
   */
  readonly settledAfterMs: number;
  /** So many lists without the call are needed, the last of them at that age. */
  readonly emptyLists: number;
  /** Between two looks; the last one goes on. */
  readonly lookEveryMs: readonly number[];
  /** Looking ends after this long for now; the next start or the next round looks again. */
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

export type CallRequested = Extract<SessionEvent, { readonly type: 'CallRequested' }>['data'];

/** What a session's own stream comes to. */
export type SessionRecord = {
  /** False: the stream holds no event at all. */
  readonly exists: boolean;
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

const initialState: SessionRecord = { exists: false, placed: [], facts: 0 };

const evolve = (state: SessionRecord, recorded: Recorded): SessionRecord =>
  evolveFact({ ...state, exists: true }, recorded);

const evolveFact = overFacts<SessionRecord, SessionEvent>(sessionEventSchemas, (state, fact) => {
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
});

/** Requested, and nobody has said yet what came of it. */
export const isOpen = ({ request, placed, failed }: SessionRecord): boolean =>
  request !== undefined && placed.length === 0 && failed === undefined;

type Decide<Command, Refusal extends string = never> = Decider<SessionRecord, Command, SessionEvent, Refusal>['decide'];

/** A call that turns out to have been placed is recorded even for a session that was given up. */
export const decidePlaced: Decide<readonly string[]> = (retellCallIds, { placed }) =>
  retellCallIds
    .filter((id) => !placed.includes(id))
    .map((retellCallId) => ({ type: 'CallPlaced', data: { retellCallId } }));

export const decideFailed: Decide<string> = (reason, record) =>
  isOpen(record) ? [{ type: 'CallPlacementFailed', data: { reason } }] : [];

export const streamOf = ({ tenantId, sessionId }: SessionOf) => sessionStream(tenantId, sessionId);
export const idsOf = ({ tenantId, sessionId }: SessionOf) => ({ tenantId, sessionId });

type By = { readonly source: 'command' | 'reconciliation'; readonly id?: string };

/** Decides on a session by its record. What came of a request has one id, so that two finders record it once. */
export function handleSession<Command, Refusal extends string = never>(
  log: EventLog,
  session: SessionOf,
  decide: Decide<Command, Refusal>,
  command: Command,
  { source, id }: By,
): Promise<Handled<SessionRecord, SessionEvent> | Refusal> {
  const { tenantId, sessionId } = session;
  const stream = streamOf(session);
  const metadata = { ...byCommand(tenantId, sessionId), source };
  const idOf = ({ type, data }: SessionEvent) =>
    id ?? uuidOf(stream, type, ...Object.values(data).filter((value) => value !== undefined));
  return handle(log, stream, { initialState, evolve, decide }, command, metadata, idOf);
}

type Source = By['source'];

export type SessionWriter = {
  recordOf(session: SessionOf): Promise<SessionRecord>;
  /** Throws EventStoreUnavailable. */
  record<Command>(session: SessionOf, decide: Decide<Command>, command: Command, source: Source): Promise<void>;
  /** Tries until the log has it or the process ends, when it is left to the next start. */
  recordSurely<Command>(session: SessionOf, decide: Decide<Command>, command: Command, source: Source): Promise<void>;
};

/** What becomes of requests, on record. */
export function sessionWriter(
  log: EventLog,
  logger: Logger,
  { lookEveryMs }: Pick<PlacementTimes, 'lookEveryMs'>,
  stopping: AbortSignal,
): SessionWriter {
  const record: SessionWriter['record'] = async (session, decide, command, source) => {
    await handleSession(log, session, decide, command, { source });
  };
  return {
    recordOf: async (session) => (await log.read(streamOf(session))).reduce(evolve, initialState),
    record,
    async recordSurely(session, decide, command, source) {
      for (let attempt = 0; ; attempt++) {
        try {
          await record(session, decide, command, source);
          return;
        } catch (error) {
          if (!(error instanceof EventStoreUnavailable) || stopping.aborted) throw error;
          logger.warn({ reason: 'store_unavailable', ...idsOf(session) }, 'outcome of placing a call not recorded yet');
          await pause(lookEveryMs[Math.min(attempt, lookEveryMs.length - 1)]!, stopping);
        }
      }
    },
  };
}
