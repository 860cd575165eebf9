import type { Recorded } from '../../events/recorded.ts';
import type { Batch, Subscription } from '../../events/subscription.ts';
import { pause } from '../../events/waiting.ts';

/** Live batches begin at most so often: each costs a transaction, on the same cores that webhooks are answered with. */
const LIVE_EVERY_MS = 40;
/** What follows from a fact comes with it: a call that its number leads to a request (A6) is mostly linked when it is first shown. */
export const LIVE_GATHER_MS = 30;
/** A projection rests for as long as a batch took, up to this, so that what arrives meanwhile shares a transaction. */
const LIVE_REST_MS = 50;

/** Facts; larger batches cost no less per fact. */
export const FULL_BATCH = 4000;

/** About as many characters as memory must hold at once, however long the transcripts are. */
const MAX_WEIGHT = 16_000_000;

export type WeighedBatch = Batch & {
  /** About how many characters are in its facts. */
  readonly weight: number;
};

/** Full batches while catching up, each read while the one before is written; live, whatever has arrived. */
export async function* batches(
  subscribe: (signal: AbortSignal) => Subscription,
  signal: AbortSignal,
  size: number,
): AsyncGenerator<WeighedBatch, void> {
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const iterator = subscribe(until)[Symbol.asyncIterator]();

  /** Undefined: the subscription has ended. */
  const fill = async (): Promise<WeighedBatch | undefined> => {
    const events: Recorded[] = [];
    for (let weight = 0; ; ) {
      const { value, done } = await iterator.next();
      if (done) return undefined;
      for (const event of value.events) {
        events.push(event);
        weight += weightOf(event.data);
      }
      const { caughtUp } = value;
      if (caughtUp || events.length >= size || weight >= MAX_WEIGHT) return { events, caughtUp, weight };
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
        next.catch(() => {}); // a failure is thrown where it is awaited, above
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
    // A generator that waits for events can only be ended by its signal.
    over.abort();
    await next.catch(() => {});
    await iterator.return?.();
  }
}

/** The characters and bytes in a JSON value. */
export function weightOf(value: unknown): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  let weight = 0;
  for (const name in value) weight += weightOf((value as Record<string, unknown>)[name]);
  return weight;
}
