import { setTimeout as sleep } from 'node:timers/promises';

/** Spaces requests evenly: never more than so many a second, and none before its turn, whoever asks. */
export type Pacer = { turn(signal: AbortSignal): Promise<void> };

export function pacer(perSecond: number): Pacer {
  let next = 0;
  return {
    async turn(signal) {
      const now = performance.now();
      const at = Math.max(now, next);
      next = at + 1000 / perSecond;
      if (at > now) await sleep(at - now, undefined, { signal });
    },
  };
}
