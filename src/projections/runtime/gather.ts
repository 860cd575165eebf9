import { setTimeout as sleep } from 'node:timers/promises';
import type { Recorded } from '../../events/recorded.ts';
import type { Batch, Subscription } from '../../events/subscription.ts';

/**
 * Live, a batch begins at most so often: one event after a quiet time is applied at once, a stream of them is applied
 * some at a time. Every projection of a process pays for its transactions on the same two cores as the door.
 */
const LIVE_EVERY_MS = 25;

/**
 * Full batches while catching up, so that what a transaction costs is shared by many events; live, whatever has
 * arrived. Catching up it reads on while the last batch is written. What it holds back is not lost when it ends: the
 * checkpoint is that of the last batch applied.
 */
export async function* gather(
  subscribe: (signal: AbortSignal) => Subscription,
  signal: AbortSignal,
  size: number,
): AsyncGenerator<Batch, void> {
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const iterator = subscribe(until)[Symbol.asyncIterator]();
  let next = iterator.next();
  try {
    let events: Recorded[] = [];
    for (;;) {
      const { value, done } = await next;
      if (done) return;
      events = events.length === 0 ? [...value.events] : events.concat(value.events);
      const began = performance.now();
      if (!value.caughtUp) {
        next = iterator.next();
        // Its failure is met when it is awaited, above.
        next.catch(() => {});
        if (events.length < size) continue;
      }
      yield { events, caughtUp: value.caughtUp };
      events = [];
      if (value.caughtUp) {
        const rest = began + LIVE_EVERY_MS - performance.now();
        if (rest > 0) await sleep(rest, undefined, { signal: until }).catch(() => {});
        next = iterator.next();
      }
    }
  } finally {
    // A generator that waits cannot return; one that is told to end does.
    over.abort();
    await next.catch(() => {});
    await iterator.return?.();
  }
}
