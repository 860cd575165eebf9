import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { keyedMutex } from '../../events/concurrency-limit.ts';
import type { EventLog } from '../../events/event-log.ts';
import { openClaims, type PlaceCall } from './claims.ts';
import { type Look, type LookDeps, lookForCall, type Settled } from './look-for-call.ts';
import type { RefusalDetails } from './refusals.ts';
import type { RetellApi, SessionOf } from './retell-api.ts';
import {
  decideFailed,
  decidePlaced,
  idsOf,
  type PlacementTimes,
  placementTimes,
  type SessionRecord,
  sessionWriter,
  streamOf,
} from './session-record.ts';

export type Placed = {
  readonly record: SessionRecord;
  /** There when Retell refused just now. */
  readonly details?: RefusalDetails;
};

export type Placements = {
  /**
   * Records the request, dials once, records the result. Returns then or after `answerWithinMs`; the work goes on.
   * Throws EventStoreUnavailable: a repeat does not dial twice.
   */
  place(command: PlaceCall, retell: RetellApi): Promise<Placed | 'call_session_exists'>;
  /**
   * Finds out what became of an open request by asking Retell's lists; never dials. `open`: not yet, or this process is
   * about it already, and says itself what comes of it.
   */
  settle(session: SessionOf, look?: Look): Promise<Settled>;
  /** Stops waiting for what is unknown; calls that are being placed have `drainMs` to be answered. */
  drain(): Promise<void>;
};

type PlacementsDeps = {
  readonly log: EventLog;
  /** Undefined: the tenant has no key for Retell's API. */
  readonly retellOf: (tenantId: string) => RetellApi | undefined;
  readonly logger: Logger;
  readonly times?: Partial<PlacementTimes>;
};

/** Places calls, each once (docs/decisions/0007-a-call-is-dialled-once.md). */
export function openPlacements(deps: PlacementsDeps): Placements {
  const { log, retellOf, logger } = deps;
  const times = { ...placementTimes, ...deps.times };
  const stopping = new AbortController();
  const cutting = new AbortController();
  const mutex = keyedMutex();
  const writer = sessionWriter(log, logger, times, stopping.signal);
  const claim = openClaims(log, writer, times);
  const looking: LookDeps = { writer, retellOf, logger, times, stopping: stopping.signal };
  /** By stream: what this process is doing about it. */
  const working = new Map<string, Promise<RefusalDetails | undefined>>();

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
        await writer.recordSurely(command, decidePlaced, [retellCallId], 'command');
        return undefined;
      }
      case 'refused': {
        const { reason } = result;
        logger.warn({ event: 'call_not_placed', ...ids, reason }, 'call not placed');
        await writer.recordSurely(command, decideFailed, reason, 'command');
        return result.details ?? {};
      }
      case 'unknown':
        logger.warn({ event: 'placement_unknown', ...ids, reason: result.cause }, 'asking for the call');
        await lookForCall(looking, command, { firstAfterMs: 0 });
        return undefined;
    }
  }

  /** The work goes on when its caller is gone; a repeat of the request waits for the same work. */
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
      // In turn, so that a second request finds the work of the first.
      const result = await mutex.run(stream, async () => {
        const word = await claim(command);
        if (word === 'won') {
          logger.info({ event: 'call_requested', ...idsOf(command), keyId: command.by }, 'call requested');
          begin(command, () => dial(command, retell));
        } else if (word === 'open' && !working.has(stream)) {
          // Another process is dialling, or one did and is no more.
          begin(
            command,
            async () => void (await lookForCall(looking, command, { firstAfterMs: times.lookEveryMs[0]! })),
          );
        }
        return word;
      });
      if (result === 'call_session_exists') return result;
      const answered = new AbortController();
      const late = sleep(times.answerWithinMs, undefined, { signal: answered.signal }).catch(() => undefined);
      const details = await Promise.race([working.get(stream), late]);
      answered.abort();
      const record = await writer.recordOf(command);
      return details === undefined ? { record } : { record, details };
    },

    // It does not wait for a create that is under way, because the caller has other sessions to look for.
    settle: async (session, look) =>
      working.has(streamOf(session)) ? 'open' : lookForCall(looking, session, { firstAfterMs: 0, ...look }),

    async drain() {
      stopping.abort();
      const all = async () => {
        await mutex.idle();
        while (working.size > 0) await Promise.all(working.values());
      };
      await Promise.race([all(), sleep(times.drainMs, undefined, { ref: false })]);
      cutting.abort();
      await Promise.race([all(), sleep(1000, undefined, { ref: false })]);
    },
  };
}
