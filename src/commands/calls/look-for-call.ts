import type { Logger } from 'pino';
import { EventStoreUnavailable } from '../../events/event-log.ts';
import { pause } from '../../events/waiting.ts';
import type { RetellApi, SessionOf } from './retell-api.ts';
import {
  decideFailed,
  decidePlaced,
  idsOf,
  isOpen,
  type PlacementTimes,
  type SessionRecord,
  type SessionWriter,
} from './session-record.ts';

export type Settled = 'placed' | 'failed' | 'open';

export type LookDeps = {
  readonly writer: SessionWriter;
  readonly retellOf: (tenantId: string) => RetellApi | undefined;
  readonly logger: Logger;
  readonly times: PlacementTimes;
  readonly stopping: AbortSignal;
};

export type Look = {
  /** Asks Retell's lists as often as it takes to believe them, and no longer: the next run looks again. */
  readonly briefly?: boolean;
  readonly signal?: AbortSignal;
};

/** Reads and lists until it is decided what became of the request, or for as long as it is worth it. */
export async function lookForCall(
  { writer, retellOf, logger, times, stopping }: LookDeps,
  session: SessionOf,
  { firstAfterMs, briefly = false, signal = stopping }: Look & { readonly firstAfterMs: number },
): Promise<Settled> {
  const ids = idsOf(session);
  const ends = AbortSignal.any([stopping, signal]);
  const began = performance.now();
  let empty = 0;
  let wait = firstAfterMs;

  /** Undefined: it is not known yet. */
  async function ask(record: SessionRecord): Promise<Settled | undefined> {
    const retell = retellOf(session.tenantId);
    if (retell === undefined) {
      logger.warn({ reason: 'retell_not_configured', ...ids }, 'cannot ask for the call');
      return 'open';
    }
    const settled = Date.now() - Date.parse(record.request!.recordedAt) >= times.settledAfterMs;
    const found = await retell.callsOf(session, { timeoutMs: times.listTimeoutMs, signal: ends });
    if ('unavailable' in found) {
      logger.warn({ reason: 'list_unavailable', ...ids, error: found.unavailable }, 'cannot ask for the call');
      return undefined;
    }
    if (found.length > 0) {
      await writer.record(session, decidePlaced, found, 'reconciliation');
      logger.info({ event: 'call_found', ...ids, retellCallIds: found }, 'the call had been placed');
      return 'placed';
    }
    if (++empty < times.emptyLists || !settled) return undefined;
    await writer.record(session, decideFailed, 'not_placed', 'reconciliation');
    logger.warn({ event: 'call_not_placed', ...ids, reason: 'not_placed' }, 'no such call');
    return 'failed';
  }

  const looks = briefly ? times.emptyLists : Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < looks && performance.now() - began < times.lookForMs; attempt++) {
    await pause(wait, ends);
    if (ends.aborted) return 'open';
    wait = times.lookEveryMs[Math.min(attempt, times.lookEveryMs.length - 1)]!;
    try {
      const record = await writer.recordOf(session);
      if (!isOpen(record)) return record.placed.length > 0 ? 'placed' : record.failed === undefined ? 'open' : 'failed';
      const word = await ask(record);
      if (word !== undefined) return word;
    } catch (error) {
      if (!(error instanceof EventStoreUnavailable)) throw error;
      logger.warn({ reason: 'store_unavailable', ...ids }, 'looking for the call again');
    }
  }
  logger.error({ event: 'placement_open', ...ids }, 'could not find out whether the call was placed');
  return 'open';
}
