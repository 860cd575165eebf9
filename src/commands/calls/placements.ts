import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type EventLog, EventStoreUnavailable } from '../../events/event-log.ts';
import type { SessionEvent } from '../../events/session-facts.ts';
import { sessionStream } from '../../events/streams.ts';
import { appendDecided } from '../append-decided.ts';
import { inTurn } from '../webhooks/in-turn.ts';
import type { CallOrder } from './call-order.ts';
import { type PlacementTimes, placementTimes } from './placement-times.ts';
import type { RefusalDetails } from './refusals.ts';
import type { RetellApi, SessionOf } from './retell-api.ts';
import {
  decideFailed,
  decidePlaced,
  isOpen,
  type SessionRecord,
  sessionEvent,
  sessionRecord,
} from './session-record.ts';

export type PlaceCall = SessionOf & {
  readonly order: CallOrder;
  readonly requestDigest: string;
  /** The id of the API key. */
  readonly by: string;
};

export type Placed = {
  readonly record: SessionRecord;
  /** There when Retell refused just now. */
  readonly details?: RefusalDetails;
};

export type Settled = 'placed' | 'failed' | 'open';

export type Placements = {
  /**
   * Puts the request on record, dials once, puts on record what came of it. Answers when that is known, or after
   * `answerWithinMs` as far as it is; the work goes on. Throws EventStoreUnavailable: repeat it, nobody dials twice.
   */
  place(command: PlaceCall, retell: RetellApi): Promise<Placed | 'call_session_exists'>;
  /** Finds out what became of an open request by asking Retell's lists; never dials. */
  settle(session: SessionOf): Promise<Settled>;
  /** Stops waiting for what is unknown; calls that are being placed have `drainMs` to be answered. */
  drain(): Promise<void>;
};

export type PlacementsDeps = {
  readonly log: EventLog;
  /** Undefined: the tenant has no key for Retell's API. */
  readonly retellOf: (tenantId: string) => RetellApi | undefined;
  readonly logger: Logger;
  readonly times?: Partial<PlacementTimes>;
  readonly now?: () => Date;
};

/** Of these the oldest are forgotten first; their requests are then settled like those of another process. */
const KEPT_CLAIMS = 1000;

/** One attempt of this process to be the one that dials. */
type Claim = { readonly id: string; readonly since: number; readonly requestDigest: string };

/**
 * Places calls. The log decides who dials: the process whose CallRequested begins the session's stream, and only it,
 * and only once. The event's id is random, because the event store takes the same id twice for one append, and two
 * processes would both have won.
 */
export function openPlacements(deps: PlacementsDeps): Placements {
  const { log, retellOf, logger, now = () => new Date() } = deps;
  const times = { ...placementTimes, ...deps.times };
  const stopping = new AbortController();
  const cutting = new AbortController();
  const turns = inTurn();
  /** Claims whose append was not confirmed; this process has not dialled for them, so a repeat may go on with them. */
  const unconfirmed = new Map<string, Claim>();
  /** By stream: what this process is doing about it. */
  const working = new Map<string, Promise<RefusalDetails | undefined>>();

  const streamOf = ({ tenantId, sessionId }: SessionOf) => sessionStream(tenantId, sessionId);
  const recordOf = async (session: SessionOf) => sessionRecord(await log.read(streamOf(session)));
  const idsOf = ({ tenantId, sessionId }: SessionOf) => ({ tenantId, sessionId });

  /** The first append of the session's stream is the lock. */
  async function claim(command: PlaceCall): Promise<'won' | 'open' | 'decided' | 'call_session_exists'> {
    const stream = streamOf(command);
    const { order, requestDigest, by } = command;
    const mine = takeUp(stream, requestDigest);
    const { variables: _notKept, ...asked } = order;
    const data = JSON.parse(JSON.stringify({ ...asked, requestDigest, by })) as object; // without what is undefined
    const told = { source: 'command', at: now().toISOString(), id: mine.id } as const;
    const requested = sessionEvent(command, { type: 'CallRequested', data } as SessionEvent, told);
    let word: 'won' | 'open' | 'decided' | undefined;
    const result = await appendDecided<'call_session_exists'>(log, stream, (seen) => {
      const record = sessionRecord(seen);
      word = isOpen(record) ? (record.request?.id === mine.id ? 'won' : 'open') : 'decided';
      if (seen.length === 0) return [requested];
      return record.request?.data.requestDigest === requestDigest ? [] : 'call_session_exists';
    });
    unconfirmed.delete(stream);
    if (result === 'call_session_exists') return result;
    if (result.appended.length > 0) word = 'won';
    // Known not to have been sent, and by now others may take it for settled.
    if (word === 'won' && performance.now() - mine.since > times.dialWithinMs) {
      await tell(command, (record) => decideFailed(record, 'request_expired'), 'command');
      return 'decided';
    }
    return word!;
  }

  function takeUp(stream: string, requestDigest: string): Claim {
    const before = unconfirmed.get(stream);
    // Another content under the same id would count as written, and something else would stand in the log.
    const claim =
      before?.requestDigest === requestDigest ? before : { id: randomUUID(), since: performance.now(), requestDigest };
    unconfirmed.delete(stream);
    unconfirmed.set(stream, claim);
    if (unconfirmed.size > KEPT_CLAIMS) unconfirmed.delete(unconfirmed.keys().next().value!);
    return claim;
  }

  const tell = (
    session: SessionOf,
    decide: (record: SessionRecord) => SessionEvent[],
    source: 'command' | 'reconciliation',
  ) =>
    appendDecided(log, streamOf(session), (seen) =>
      decide(sessionRecord(seen)).map((event) => sessionEvent(session, event, { source, at: now().toISOString() })),
    );

  /** Tells what must not be lost until the log has it, or the process ends: then the next start finds it out. */
  async function tellSurely(...args: Parameters<typeof tell>): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        await tell(...args);
        return;
      } catch (error) {
        if (!(error instanceof EventStoreUnavailable) || stopping.signal.aborted) throw error;
        logger.warn({ reason: 'store_unavailable', ...idsOf(args[0]) }, 'outcome of placing a call not recorded yet');
        await pause(times.lookEveryMs[Math.min(attempt, times.lookEveryMs.length - 1)]!);
      }
    }
  }

  const pause = (ms: number) => sleep(ms, undefined, { signal: stopping.signal }).catch(() => {});

  async function dial(command: PlaceCall, retell: RetellApi): Promise<RefusalDetails | undefined> {
    const ids = idsOf(command);
    const result = await retell.dial(command, command.order, {
      timeoutMs: times.createTimeoutMs,
      signal: cutting.signal,
    });
    switch (result.outcome) {
      case 'placed': {
        const { retellCallId } = result;
        logger.info({ event: 'call_placed', ...ids, retellCallId }, 'call placed');
        await tellSurely(command, (record) => decidePlaced(record, [retellCallId]), 'command');
        return undefined;
      }
      case 'refused': {
        const { reason } = result;
        logger.warn({ event: 'call_not_placed', ...ids, reason }, 'call not placed');
        await tellSurely(command, (record) => decideFailed(record, reason), 'command');
        return result.details ?? {};
      }
      case 'unknown':
        logger.warn({ event: 'placement_unknown', ...ids, reason: result.cause }, 'asking for the call');
        await look(command, 0);
        return undefined;
    }
  }

  /** Reads and lists until it is decided what became of the request, or for as long as it is worth it. */
  async function look(session: SessionOf, firstAfterMs: number): Promise<Settled> {
    const ids = idsOf(session);
    const began = performance.now();
    let empty = 0;
    let wait = firstAfterMs;
    for (let attempt = 0; performance.now() - began < times.lookForMs; attempt++) {
      await pause(wait);
      if (stopping.signal.aborted) return 'open';
      wait = times.lookEveryMs[Math.min(attempt, times.lookEveryMs.length - 1)]!;
      try {
        const record = await recordOf(session);
        if (!isOpen(record))
          return record.placed.length > 0 ? 'placed' : record.failed === undefined ? 'open' : 'failed';
        const retell = retellOf(session.tenantId);
        if (retell === undefined) {
          logger.warn({ reason: 'retell_not_configured', ...ids }, 'cannot ask for the call');
          return 'open';
        }
        const settled = now().getTime() - Date.parse(record.request!.recordedAt) >= times.settledAfterMs;
        const found = await retell.callsOf(session, { timeoutMs: times.listTimeoutMs, signal: stopping.signal });
        if ('unavailable' in found) {
          logger.warn({ reason: 'list_unavailable', ...ids, error: found.unavailable }, 'cannot ask for the call');
        } else if (found.length > 0) {
          await tell(session, (latest) => decidePlaced(latest, found), 'reconciliation');
          logger.info({ event: 'call_found', ...ids, retellCallIds: found }, 'the call had been placed');
          return 'placed';
        } else if (++empty >= times.emptyLists && settled) {
          await tell(session, (latest) => decideFailed(latest, 'not_placed'), 'reconciliation');
          logger.warn({ event: 'call_not_placed', ...ids, reason: 'not_placed' }, 'no such call');
          return 'failed';
        }
      } catch (error) {
        if (!(error instanceof EventStoreUnavailable)) throw error;
        logger.warn({ reason: 'store_unavailable', ...ids }, 'looking for the call again');
      }
    }
    logger.error({ event: 'placement_open', ...ids }, 'could not find out whether the call was placed');
    return 'open';
  }

  /** Work goes on without the one who asked for it; who asks for the same meanwhile waits for the same. */
  function begin(session: SessionOf, work: () => Promise<RefusalDetails | undefined>) {
    const stream = streamOf(session);
    const running = work()
      .catch((error: Error) => {
        logger.error({ event: 'placement_open', ...idsOf(session), error: error.name }, 'left to the next start');
        return undefined;
      })
      .finally(() => {
        if (working.get(stream) === running) working.delete(stream);
      });
    working.set(stream, running);
    return running;
  }

  return {
    async place(command, retell) {
      const stream = streamOf(command);
      // In turn, so that whoever comes second finds the work of the first.
      const result = await turns.take(stream, async () => {
        const word = await claim(command);
        if (word === 'won') {
          logger.info({ event: 'call_requested', ...idsOf(command), keyId: command.by }, 'call requested');
          begin(command, () => dial(command, retell));
        } else if (word === 'open' && !working.has(stream)) {
          // Another process is dialling, or one did and is no more.
          begin(command, async () => void (await look(command, times.lookEveryMs[0]!)));
        }
        return word;
      });
      if (result === 'call_session_exists') return result;
      const answered = new AbortController();
      const late = sleep(times.answerWithinMs, undefined, { signal: answered.signal }).catch(() => undefined);
      const details = await Promise.race([working.get(stream), late]);
      answered.abort();
      const record = await recordOf(command);
      return details === undefined ? { record } : { record, details };
    },

    settle: async (session) => {
      const stream = streamOf(session);
      if (working.has(stream)) await working.get(stream);
      return look(session, 0);
    },

    async drain() {
      stopping.abort();
      const all = async () => {
        await turns.idle();
        while (working.size > 0) await Promise.all(working.values());
      };
      await Promise.race([all(), sleep(times.drainMs, undefined, { ref: false })]);
      cutting.abort();
      await Promise.race([all(), sleep(1000, undefined, { ref: false })]);
    },
  };
}
