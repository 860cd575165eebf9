import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { EventLog } from '../../events/event-log.ts';
import { type Lag, lagsOf, type Reader } from '../engine/lag.ts';
import { describe } from './describe.ts';

/** Who is looked after. */
export type Watched = {
  reader(): Reader;
  /** How far behind it is, as of now. */
  observe(lag: Lag): void;
};

const EVERY_MS = 2000;

/**
 * Tells each reader again and again how far it is behind the end of the log, until the signal ends it; never rejects.
 * While the event store does not answer nobody can know, and what was known last stands.
 */
export async function watchLags(
  log: EventLog,
  watched: readonly Watched[],
  { logger, signal, everyMs = EVERY_MS }: { logger: Logger; signal: AbortSignal; everyMs?: number },
): Promise<void> {
  let knows = true;
  while (!signal.aborted) {
    try {
      const readers = watched.map((one) => one.reader());
      const lags = await lagsOf(log, readers);
      for (const [i, lag] of lags.entries()) watched[i]!.observe(lag);
      knows = true;
    } catch (error) {
      if (knows && !signal.aborted) logger.warn({ error: describe(error) }, 'projection_lag_unknown');
      knows = false;
    }
    await sleep(everyMs, undefined, { signal }).catch(() => {});
  }
}
