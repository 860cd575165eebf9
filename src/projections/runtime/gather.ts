import type { Recorded } from '../../events/recorded.ts';
import type { Batch, Subscription } from '../../events/subscription.ts';

/**
 * Full batches while catching up, so that what a transaction costs is shared by many events; live, whatever has
 * arrived. Reads on while the last batch is written. What it holds back is not lost when it ends: the checkpoint is
 * that of the last batch applied.
 */
export async function* gather(
  subscribe: (signal: AbortSignal) => Subscription,
  signal: AbortSignal,
  size: number,
): AsyncGenerator<Batch, void> {
  const over = new AbortController();
  const iterator = subscribe(AbortSignal.any([signal, over.signal]))[Symbol.asyncIterator]();
  let next = iterator.next();
  try {
    let events: Recorded[] = [];
    for (;;) {
      const { value, done } = await next;
      if (done) return;
      events = events.length === 0 ? [...value.events] : events.concat(value.events);
      next = iterator.next();
      // Its failure is met when it is awaited, above.
      next.catch(() => {});
      if (!value.caughtUp && events.length < size) continue;
      yield { events, caughtUp: value.caughtUp };
      events = [];
    }
  } finally {
    // A generator that waits cannot return; one that is told to end does.
    over.abort();
    await next.catch(() => {});
    await iterator.return?.();
  }
}
