import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { EventLog } from '../../events/event-log.ts';
import type { Connection } from '../engine/connection.ts';
import { FULL_BATCH, gather } from '../engine/gather.ts';
import { type Generation, isInTheWay } from '../engine/generations.ts';
import { makeQueryIndexes } from '../engine/indexes.ts';
import { parkedStreams } from '../engine/parked.ts';
import { MAX_PARKED, refuseTooManyParked } from '../engine/parked-limit.ts';
import type { Projection } from '../engine/projection.ts';
import { applyEvents } from './apply-events.ts';
import { describe } from './describe.ts';
import { hotStates } from './hot-states.ts';
import { noteParked } from './note-taken.ts';
import { statistics } from './statistics.ts';

export type BuildOptions = {
  readonly log: EventLog;
  /** Its own: nobody else uses it meanwhile. */
  readonly connection: Connection;
  readonly projection: Projection;
  /** Goes on from its checkpoint. */
  readonly generation: Generation;
  /** The last position to take; absent: until it has caught up with the log. */
  readonly until?: bigint;
  readonly maxBatch?: number | undefined;
  /** More streams than so many, which the live generation has not parked, end it. */
  readonly maxParked?: number | undefined;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** After each batch. */
  readonly onProgress?: (built: Generation) => void;
};

/** Someone else moves the checkpoint, or the generation is gone. */
export class Superseded extends Error {
  override readonly name = 'Superseded';
}

/**
 * Folds the log into a generation that nobody reads yet, and answers it as it then is. What it has committed stays when
 * it is broken off: called again, in whatever process, it goes on from there. A fact that breaks parks its stream, as it
 * does live. Throws `TooManyParked` where the code is to blame rather than facts, `Superseded` when somebody else writes
 * the generation, and the signal's reason when that ends it.
 */
export async function buildGeneration(options: BuildOptions): Promise<Generation> {
  const { log, connection, projection, until, logger, onProgress } = options;
  const { maxBatch = FULL_BATCH, maxParked = MAX_PARKED } = options;
  const signal = AbortSignal.any([options.signal, connection.lost]);
  let built = options.generation;
  await refuseTooManyParked(connection.db, built, maxParked);
  const parked = await parkedStreams(connection.db, built);
  const hot = hotStates();
  const analyzed = statistics(connection.db, projection, built);
  if (until === undefined || built.checkpoint === undefined || built.checkpoint < until) {
    const subscribe = (signal: AbortSignal) =>
      log.subscribe({
        prefixes: projection.prefixes,
        after: options.generation.checkpoint,
        maxBatch,
        signal,
        onBreak(error, retryInMs) {
          logger.warn({ projection: projection.name, error: describe(error), retryInMs }, 'subscription_broken');
        },
      });
    for await (const batch of gather(subscribe, signal, maxBatch)) {
      const events = until === undefined ? batch.events : batch.events.filter(({ position }) => position <= until);
      const last = events.at(-1);
      if (last) {
        const { caughtUp } = batch;
        const taken = await applyEvents(connection.db, projection, built, { ...batch, events }, parked, hot);
        if (taken === 'superseded')
          throw new Superseded(`${built.name}: generation ${built.generation} no longer stands at ${built.checkpoint}`);
        noteParked(taken, built, parked, logger);
        built = { ...built, checkpoint: last.position, caughtUp };
        await analyzed(events.length);
        onProgress?.(built);
        if (taken.newlyParked.length > 0) await refuseTooManyParked(connection.db, built, maxParked);
      }
      if (batch.caughtUp || events.length < batch.events.length || built.checkpoint === until) break;
    }
  }
  signal.throwIfAborted();
  if (built.indexed) return built;
  const indexed = await makeQueryIndexes(connection.db, projection, built, logger);
  return indexed.checkpoint === built.checkpoint ? indexed : buildGeneration({ ...options, generation: indexed });
}

const READERS_IN_THE_WAY_MS = 250;

/**
 * Builds, and then has it take the place of the live one: `swap` answers the generation as it then is, or `behind` when
 * the live one has gone on meanwhile. Readers who hold the views are waited for, with the build kept up to date.
 */
export async function buildAndSwap(
  options: BuildOptions,
  swap: (built: Generation) => Promise<Generation | 'behind'>,
): Promise<Generation> {
  const { projection, signal, logger } = options;
  let built = options.generation;
  for (;;) {
    built = await buildGeneration({ ...options, generation: built });
    try {
      const swapped = await swap(built);
      if (swapped !== 'behind') return swapped;
    } catch (error) {
      if (!isInTheWay(error)) throw error;
      logger.info({ projection: projection.name, generation: built.generation }, 'swap_waits_for_readers');
      await sleep(READERS_IN_THE_WAY_MS, undefined, { signal });
    }
  }
}
