import { setImmediate as immediate, setTimeout as sleep } from 'node:timers/promises';
import { type AllStreamSubscription, type EventStoreDBClient, START, streamNameFilter } from '@eventstore/db-client';
import { isInvalidPosition, LogReplaced } from './event-store-errors.ts';
import { type Place, type Recorded, recordedOf } from './recorded.ts';
import { backOff, pause } from './waiting.ts';

export type SubscriptionOptions = {
  /** Streams whose names begin with one of these. */
  readonly prefixes: readonly string[];
  /** The position of the last event handled; absent: from the beginning. */
  readonly after?: bigint | undefined;
  /** That event. Absent: it is not looked whether the log still has it there. */
  readonly place?: Place | undefined;
  /** At most this many events at once. */
  readonly maxBatch?: number;
  /** Once it has caught up: for how long (ms) a batch gathers what follows from its first event. */
  readonly gatherMs?: number;
  /** Ends the iteration, without an error. */
  readonly signal: AbortSignal;
  /** Called whenever the server sends anything: events, or word that it has passed others. */
  readonly onLife?: () => void;
  /** Called at each break, before the next attempt. */
  readonly onBreak?: (error: unknown, retryInMs: number) => void;
};

export type Batch = {
  /** In the order of the log. Empty only to say that the subscription has caught up. */
  readonly events: readonly Recorded[];
  /** Everything that was in the log when the subscription caught up has been handed out. */
  readonly caughtUp: boolean;
};

export type Subscription = AsyncIterable<Batch>;

/** Events buffered until asked for: each may be as large as an append. */
const READ_AHEAD = 500;

const END_WITHIN_MS = 1000;

/**
 * A pulled catch-up subscription to filtered `$all`, which reconnects by itself (docs/event-store.md, "A cluster of
 * three"). Throws LogReplaced when the last event is not in the log any more.
 */
export async function* subscribe(
  client: EventStoreDBClient,
  holds: (place: Place) => Promise<boolean>,
  options: SubscriptionOptions,
): AsyncGenerator<Batch, void> {
  const { signal, onBreak } = options;
  let { after, place } = options;
  const waits = backOff();
  while (!signal.aborted) {
    try {
      if (place !== undefined && !(await holds(place)))
        throw new LogReplaced(`the event that was read at position ${after} is not in the log any more`);
      for await (const batch of connected(client, { ...options, after })) {
        waits.reset();
        const last = batch.events.at(-1);
        if (last) [after, place] = [last.position, last];
        yield batch;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof LogReplaced) throw error;
      // A server knows the positions of its events. The subscription would be refused again and again.
      if (after !== undefined && isInvalidPosition(error))
        throw new LogReplaced(`no event of the log is at position ${after}`, { cause: error });
      const retryInMs = waits.nextMs();
      onBreak?.(error, retryInMs);
      await pause(retryInMs, signal);
    }
  }
}

async function* connected(client: EventStoreDBClient, options: SubscriptionOptions): AsyncGenerator<Batch, void> {
  const { prefixes, after, signal, onLife, maxBatch = 2000, gatherMs = 0 } = options;
  const subscription = client.subscribeToAll(
    {
      fromPosition: after === undefined ? START : { commit: after, prepare: after },
      filter: streamNameFilter({ prefixes: [...prefixes], checkpointInterval: 1000 }),
    },
    { highWaterMark: Math.min(maxBatch, READ_AHEAD) },
  );
  let caughtUp = false;
  let failure: unknown;
  let stopped = false;
  let wake = () => {};
  const stop = () => {
    stopped = true;
    wake();
  };
  subscription.on('caughtUp', () => {
    caughtUp = true;
    wake();
  });
  // KurrentDB lets a subscription that lags catch up, and says "caught up" again.
  subscription.on('fellBehind', () => {
    caughtUp = false;
  });
  let waitingSince: number | undefined;
  subscription.on('readable', () => {
    waitingSince ??= performance.now();
    wake();
  });
  subscription.on('checkpointReached', () => onLife?.());
  subscription.on('error', (error: unknown) => {
    failure ??= error;
    stop();
  });
  subscription.on('end', stop);
  subscription.on('close', stop);
  signal.addEventListener('abort', stop);
  let isAnnounced = false;
  try {
    while (!signal.aborted) {
      if (caughtUp && subscription.readableLength > 0) {
        const gathered = waitingSince === undefined ? 0 : performance.now() - waitingSince;
        if (gathered < gatherMs) await pause(gatherMs - gathered, signal);
      }
      const events = readAvailable(subscription, maxBatch);
      waitingSince = undefined;
      if (events.length > 0) onLife?.();
      const arrived = caughtUp && subscription.readableLength === 0;
      if (events.length > 0 || (arrived && !isAnnounced)) {
        isAnnounced = arrived;
        yield { events, caughtUp: arrived };
      } else if (stopped) {
        throw failure ?? new Error('the subscription ended');
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        // Let the rest of the same chunk arrive, so that it is in this batch.
        await immediate();
      }
    }
  } finally {
    signal.removeEventListener('abort', stop);
    // A dead server does not confirm the unsubscription either.
    await Promise.race([subscription.unsubscribe().catch(() => {}), sleep(END_WITHIN_MS, undefined, { ref: false })]);
  }
}

function readAvailable(subscription: AllStreamSubscription, max: number): Recorded[] {
  const events: Recorded[] = [];
  while (events.length < max) {
    const next = subscription.read();
    if (next === null) break;
    if (next.event) events.push(recordedOf(next.event));
  }
  return events;
}
