import { setTimeout as sleep } from 'node:timers/promises';

const BACK_OFF_MS = [100, 250, 500, 1000, 2000, 5000] as const;

/**
 * Does some work until the signal ends it, and again after it has failed, at longer and longer intervals; the work says
 * when all is well again. Never rejects.
 */
export async function supervise(
  work: (onWell: () => void) => Promise<void>,
  { signal, onFailure }: { readonly signal: AbortSignal; onFailure(error: unknown, retryInMs: number): void },
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      await work(() => {
        failures = 0;
      });
    } catch (error) {
      if (signal.aborted) return;
      const retryInMs = BACK_OFF_MS[Math.min(failures++, BACK_OFF_MS.length - 1)]!;
      onFailure(error, retryInMs);
      await pause(retryInMs, signal);
    }
  }
}

/** Ends early with the signal. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => {});
