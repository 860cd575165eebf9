import type { Logger } from 'pino';
import { type EventLog, EventStoreUnavailable } from './event-log.ts';
import { hasOrigin, originOf } from './origin.ts';
import type { Place, Recorded } from './recorded.ts';
import { pause } from './waiting.ts';

/** The log, and whether it is still the one that this process has worked with. */
export type WatchedLog = EventLog & {
  /** Looks now. Why this process should get no requests, without ids; undefined: nothing is wrong. Throws EventStoreUnavailable. */
  doubt(): Promise<string | undefined>;
};

type WatchOptions = {
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Called when what this process remembers of the log may not be in it any more. */
  readonly onDoubt: () => void;
  readonly everyMs?: number;
  /** How long a restore is shown at least, so that an occasional check sees it. */
  readonly shownForMs?: number;
};

const EVERY_MS = 2000;
const SHOWN_FOR_MS = 10_000;

/**
 * Watches by the newest event that was read. After a restore the process goes on with the log as it is; to another log,
 * or an empty one, nothing is appended.
 */
export function watchLog(log: EventLog, options: WatchOptions): WatchedLog {
  const { logger, signal, onDoubt, everyMs = EVERY_MS, shownForMs = SHOWN_FOR_MS } = options;
  let origin: string | undefined;
  let seen: Place | undefined;
  let restoredAt = Number.NEGATIVE_INFINITY;
  let shorterSince: number | undefined;
  let another: string | undefined;
  let looking: Promise<string | undefined> | undefined;

  function forget(): void {
    log.forget();
    onDoubt();
  }

  async function look(): Promise<string | undefined> {
    const [newest] = await log.newest(1);
    if (await isStillThere(log, seen, newest)) {
      if (another !== undefined) logger.info('log_back');
      another = undefined;
      shorterSince = undefined;
      seen = newest ?? seen;
      if (seen && origin === undefined) origin = await log.oldest().then((first) => first && originOf(first));
      return performance.now() - restoredAt < shownForMs ? 'the log was restored to an earlier state' : undefined;
    }
    forget();
    const positions = { read: `${seen?.position}`, end: newest ? `${newest.position}` : null };
    const first = await log.oldest();
    if (first === undefined || !(await hasOrigin(log, first, origin))) {
      if (another === undefined) logger.error(positions, 'log_is_another');
      another = first ? 'the log is another one than before' : 'the log is empty, and was not before';
      return another;
    }
    // A node of a cluster may be behind another one for a moment.
    if (newest === undefined || newest.position < seen!.position) {
      shorterSince ??= performance.now();
      if (performance.now() - shorterSince < everyMs) return 'the log ends before what was read of it';
    }
    logger.error(positions, 'log_restored');
    seen = newest;
    another = undefined;
    shorterSince = undefined;
    restoredAt = performance.now();
    return 'the log was restored to an earlier state';
  }

  const doubt = () => {
    looking ??= look()
      .catch((error) => {
        forget(); // a store that is away may come back with another log
        throw error;
      })
      .finally(() => {
        looking = undefined;
      });
    return looking;
  };
  void (async () => {
    while (!signal.aborted) {
      await doubt().catch(() => {}); // the next look is soon
      await pause(everyMs, signal);
    }
  })();

  return {
    ...log,
    doubt,
    async append(...event) {
      if (another !== undefined) throw new EventStoreUnavailable(`nothing is appended: ${another}`);
      return log.append(...event);
    },
  };
}

async function isStillThere(log: EventLog, seen: Place | undefined, newest: Recorded | undefined): Promise<boolean> {
  if (seen === undefined) return true;
  if (newest === undefined || newest.position < seen.position) return false;
  return newest.position === seen.position ? newest.id === seen.id : log.holds(seen);
}
