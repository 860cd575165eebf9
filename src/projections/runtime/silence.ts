import type { Lag } from '../engine/lag.ts';
import type { Progress } from '../engine/progress.ts';

/** For how long a subscription may hand nothing out while events wait for it. Live, they arrive within milliseconds. */
export const SILENT_AFTER_MS = 10_000;

/**
 * Whether the subscription has gone silent: so long ago it was asked for more, and so long ago the end of the log was first
 * seen to hold an event for it behind everything that it has handed out; what has only just come is on its way. `now` as
 * `performance.now()`, as `progress.askedAt` and `progress.waitsSince` are.
 */
export function observeSilence(progress: Progress, lag: Lag, now: number, afterMs = SILENT_AFTER_MS): boolean {
  const { askedAt, head, live } = progress;
  if (lag.head === undefined || lag.head <= (head ?? live?.checkpoint ?? -1n)) {
    delete progress.waitsSince;
    return false;
  }
  progress.waitsSince ??= now;
  return askedAt !== undefined && now - Math.max(askedAt, progress.waitsSince) >= afterMs;
}
