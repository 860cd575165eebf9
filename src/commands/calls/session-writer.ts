import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { appendDecided, type Decided } from '../../events/append-decided.ts';
import { type EventLog, EventStoreUnavailable } from '../../events/event-log.ts';
import type { SessionEvent } from '../../events/session-facts.ts';
import { sessionStream } from '../../events/streams.ts';
import type { PlacementTimes } from './placement-times.ts';
import type { SessionOf } from './retell-api.ts';
import { type SessionRecord, sessionEvent, sessionRecord } from './session-record.ts';

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
