import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { EventLog } from '../../events/event-log.ts';
import type { Connection } from '../../postgres/connection.ts';
import { isLockTimeout } from '../../postgres/errors.ts';
import { applyBatch } from './apply.ts';
import { batches, FULL_BATCH } from './batches.ts';
import type { Generation } from './generations.ts';
import { makeQueryIndexes, statistics } from './indexes.ts';
import { MAX_PARKED, refuseTooManyParked } from './parked-limit.ts';
import type { Projection } from './projection.ts';
import { furtherEvents, writerOf } from './writer.ts';

export type BuildOptions = {
  readonly log: EventLog;
  /** Used by nothing else meanwhile. */
  readonly connection: Connection;
  readonly projection: Projection;
  /** Built further from its checkpoint. */
  readonly generation: Generation;
  /** The last position to apply; absent: until it has caught up with the log. */
  readonly until?: bigint;
  readonly maxBatch?: number | undefined;
  /** It fails when more streams break than this, without those that the live generation has parked. */
  readonly maxParked?: number | undefined;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** After each batch. */
  readonly onProgress?: (built: Generation) => void;
};

/** Another process moves the checkpoint, or the generation is gone. */
export class Superseded extends Error {
  override readonly name = 'Superseded';
}

export const superseded = ({ name, generation, checkpoint }: Generation): Superseded =>
  new Superseded(`${name}: the checkpoint of generation ${generation} no longer stands at ${checkpoint}`);

/**
 * Builds an unpublished generation from the log and returns it; committed batches survive an abort. Throws
 * `TooManyParked`, `Superseded`, or the signal's reason.
 */
export async function buildGeneration(options: BuildOptions): Promise<Generation> {
  const { connection, until, maxBatch = FULL_BATCH, maxParked = MAX_PARKED, onProgress } = options;
  const { db } = connection;
  const signal = AbortSignal.any([options.signal, connection.lost]);
  await refuseTooManyParked(db, options.generation, maxParked);
  const writer = await writerOf({ ...options, db });
  const analyze = statistics(writer);
  const isThere = () => until !== undefined && (writer.generation.checkpoint ?? -1n) >= until;
  const subscribe = (signal: AbortSignal) => furtherEvents(writer, { maxBatch, signal });
  if (!isThere())
    for await (const batch of batches(subscribe, signal, maxBatch)) {
      const events = until === undefined ? batch.events : batch.events.filter(({ position }) => position <= until);
      if (events.length > 0) {
        const result = await applyBatch(writer, { ...batch, events });
        if (result === 'superseded') throw superseded(writer.generation);
        await analyze(events.length);
        onProgress?.(writer.generation);
        if (result.newlyParked.length > 0) await refuseTooManyParked(db, writer.generation, maxParked);
      }
      if (batch.caughtUp || events.length < batch.events.length || isThere()) break;
    }
  signal.throwIfAborted();
  const built = writer.generation;
  if (built.indexed) return built;
  const indexed = await makeQueryIndexes(writer);
  return indexed.checkpoint === built.checkpoint ? indexed : buildGeneration({ ...options, generation: indexed });
}

const READERS_IN_THE_WAY_MS = 250;

/** Builds a generation and swaps it in; as long as that is `behind` the live one, or readers hold the views, builds on. */
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
      if (!isLockTimeout(error)) throw error;
      logger.info({ projection: projection.name, generation: built.generation }, 'swap_waits_for_readers');
      await sleep(READERS_IN_THE_WAY_MS, undefined, { signal });
    }
  }
}
