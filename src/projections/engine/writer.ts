import type { Logger } from 'pino';
import { keyedMutex } from '../../events/concurrency-limit.ts';
import type { EventLog } from '../../events/event-log.ts';
import type { Subscription, SubscriptionOptions } from '../../events/subscription.ts';
import { pause } from '../../events/waiting.ts';
import type { Database } from '../../postgres/connection.ts';
import { safeErrorMessage } from '../../postgres/errors.ts';
import { type StateCache, stateCache } from './fold-batch.ts';
import { placeOf } from './foreign-log.ts';
import type { Generation } from './generations.ts';
import { type ParkedStream, parkedStreams } from './parked.ts';
import type { Projection } from './projection.ts';

/** What the one process that writes a generation has at hand, and remembers between batches. */
export type Writer = {
  readonly db: Database;
  readonly log: EventLog;
  readonly projection: Projection;
  readonly logger: Logger;
  /** As the last batch has left it. */
  generation: Generation;
  /** Its parked streams, by stream. */
  readonly parked: Map<string, ParkedStream>;
  readonly cache: StateCache;
  /** Runs work between two batches, because its connection carries one transaction at a time. */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
};

type AtHand = Pick<Writer, 'db' | 'log' | 'projection' | 'logger' | 'generation'>;

export async function writerOf({ db, log, projection, logger, generation }: AtHand): Promise<Writer> {
  const parked = await parkedStreams(db, generation);
  const turns = keyedMutex();
  const exclusively: Writer['exclusively'] = (work) => turns.run(generation.name, work);
  return { db, log, projection, logger, generation, parked, cache: stateCache(), exclusively };
}

/** The log from where the generation has read up to. */
export const furtherEvents = (
  { log, projection, generation, logger }: Writer,
  { onBreak, ...options }: Pick<SubscriptionOptions, 'maxBatch' | 'signal' | 'gatherMs' | 'onLife' | 'onBreak'>,
): Subscription =>
  log.subscribe({
    ...{ prefixes: projection.prefixes, after: generation.checkpoint, place: placeOf(generation), ...options },
    onBreak(error, retryInMs) {
      onBreak?.(error, retryInMs);
      logger.warn({ projection: projection.name, error: safeErrorMessage(error), retryInMs }, 'subscription_broken');
    },
  });

/** Looks at intervals until it is disposed of, and again after a failure. */
export function poll(
  everyMs: number,
  look: (signal: AbortSignal) => Promise<void>,
  onFailure: (error: unknown) => void,
): AsyncDisposable {
  const over = new AbortController();
  const { signal } = over;
  const polling = async () => {
    for (;;) {
      await pause(everyMs, signal);
      if (signal.aborted) return;
      await look(signal).catch((error: unknown) => {
        if (!signal.aborted) onFailure(error);
      });
    }
  };
  const ended = polling();
  return {
    async [Symbol.asyncDispose]() {
      over.abort();
      await ended;
    },
  };
}
