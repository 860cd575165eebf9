import { setTimeout as sleep } from 'node:timers/promises';

/** Waits; ends early with the signal, and never rejects. */
export const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => {});

/** A signal that ends when it is stopped, or with the given one. */
export function stoppable(signal?: AbortSignal): { readonly signal: AbortSignal; stop(): void } {
  const stopped = new AbortController();
  return { signal: signal ? AbortSignal.any([signal, stopped.signal]) : stopped.signal, stop: () => stopped.abort() };
}

const BACK_OFF_MS = [50, 100, 250, 500, 1000, 2000, 5000] as const;

/** How long to wait after each failure in a row; a success resets it. */
export function backOff(stepsMs: readonly number[] = BACK_OFF_MS) {
  let failures = 0;
  return {
    nextMs: (): number => stepsMs[Math.min(failures++, stepsMs.length - 1)]!,
    reset(): void {
      failures = 0;
    },
  };
}

type Supervision = {
  readonly signal: AbortSignal;
  readonly backOffMs?: readonly number[];
  readonly onFailure: (error: unknown, retryInMs: number) => void;
};

/** Runs work until it ends or the signal does, and again with back-off when it fails; `onWell` resets that. Never rejects. */
export async function supervise(
  work: (onWell: () => void) => Promise<void>,
  { signal, backOffMs, onFailure }: Supervision,
): Promise<void> {
  const waits = backOff(backOffMs);
  while (!signal.aborted) {
    try {
      return await work(waits.reset);
    } catch (error) {
      if (signal.aborted) return;
      const retryInMs = waits.nextMs();
      onFailure(error, retryInMs);
      await pause(retryInMs, signal);
    }
  }
}

export type Steps = { next(): Promise<void>; done(): void };

/** Steps of some work that others wait for: `next` resolves when `done` is called the next time. */
export function steps(): Steps {
  let coming = Promise.withResolvers<void>();
  return {
    next: () => coming.promise,
    done() {
      coming.resolve();
      coming = Promise.withResolvers();
    },
  };
}

type Wait = {
  readonly timeoutMs: number;
  readonly everyMs?: number;
  readonly steps?: Steps;
  readonly signal?: AbortSignal;
};

/** Whether a condition comes true in time, such as that a position is reached; checked after each step and at intervals. */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  { timeoutMs, everyMs = 100, steps, signal }: Wait,
): Promise<boolean> {
  const endsAt = performance.now() + timeoutMs;
  for (;;) {
    const step = steps?.next(); // asked for first, so that no step is missed
    if (await condition()) return true;
    const leftMs = endsAt - performance.now();
    if (leftMs <= 0 || signal?.aborted) return false;
    const stepped = new AbortController();
    const timer = pause(Math.min(everyMs, leftMs), signal ? AbortSignal.any([signal, stepped.signal]) : stepped.signal);
    await Promise.race([timer, step ?? timer]);
    stepped.abort();
  }
}
