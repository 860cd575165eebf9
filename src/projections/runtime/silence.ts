import type { Lag } from './lag.ts';
import type { Progress } from './progress.ts';

/** For how long a subscription may hand nothing out while events wait for it. Live, they arrive within milliseconds. */
export const SILENT_AFTER_MS = 10_000;

/**
 * Whether the subscription has gone silent: it was asked for more that long ago, and the end of the log holds an event
 * for it behind everything that it has handed out. `now` as `performance.now()`, as `progress.askedAt` is.
 */
export function isSilent({ askedAt, head, live }: Progress, lag: Lag, now: number, afterMs = SILENT_AFTER_MS): boolean {
  if (askedAt === undefined || now - askedAt < afterMs || lag.head === undefined) return false;
  return lag.head > (head ?? live?.checkpoint ?? -1n);
}
