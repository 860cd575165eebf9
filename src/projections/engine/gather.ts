import type { Recorded } from '../../events/recorded.ts';
import type { Batch, Subscription } from '../../events/subscription.ts';
import { pause } from '../../events/waiting.ts';

/**
 * Live, a batch begins at most so often: one event after a quiet time is applied at once, a stream of them is applied
 * some at a time. Every projection of a process pays for its transactions on the same cores as the door.
 */
const LIVE_EVERY_MS = 40;
/** And no projection takes more than half of the time, so that what arrives meanwhile shares the next transaction. */
const LIVE_REST_MS = 50;

/** Facts; twice as many cost no less each. */
export const FULL_BATCH = 4000;

/** A batch, and about how many characters are in its facts. */
export type Gathered = Batch & { readonly weight: number };

/** Characters, about: a batch of the longest transcripts must fit in memory as well as one of many short facts. */
const WEIGHT = 16_000_000;

/**
 * Full batches while catching up, so that what a transaction costs is shared by many events; live, whatever has
 * arrived. Catching up, the next batch is read while the last one is written. What it holds back is not lost when it
 * ends: the checkpoint is that of the last batch applied.
 */
export async function* gather(
  subscribe: (signal: AbortSignal) => Subscription,
  signal: AbortSignal,
  size: number,
): AsyncGenerator<Gathered, void> {
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const iterator = subscribe(until)[Symbol.asyncIterator]();

  /** Undefined: it has ended. */
  const fill = async (): Promise<Gathered | undefined> => {
    const events: Recorded[] = [];
    for (let weight = 0; ; ) {
      const { value, done } = await iterator.next();
      if (done) return undefined;
      for (const event of value.events) {
        events.push(event);
        weight += weightOf(event.data);
      }
      const { caughtUp } = value;
      if (caughtUp || events.length >= size || weight >= WEIGHT) return { events, caughtUp, weight };
    }
  };

  let next = fill();
  try {
    for (;;) {
      const batch = await next;
      if (!batch) return;
      const began = performance.now();
      if (!batch.caughtUp) {
        next = fill();
        // Its failure is met when it is awaited, above.
        next.catch(() => {});
      }
      yield batch;
      if (batch.caughtUp) {
        const took = performance.now() - began;
        const rest = Math.max(LIVE_EVERY_MS - took, Math.min(took, LIVE_REST_MS));
        await pause(rest, until);
        next = fill();
      }
    }
  } finally {
    // A generator that waits cannot return; one that is told to end does.
    over.abort();
    await next.catch(() => {});
    await iterator.return?.();
  }
}

/** The characters and bytes in a JSON value. */
function weightOf(value: unknown): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  let weight = 0;
  for (const name in value) weight += weightOf((value as Record<string, unknown>)[name]);
  return weight;
}
