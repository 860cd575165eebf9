import { sql } from 'kysely';
import { placeText } from '../../events/recorded.ts';
import type { Batch } from '../../events/subscription.ts';
import { spansOfEvents } from '../../events/tracing.ts';
import type { Connection } from '../../postgres/connection.ts';
import { safeErrorMessage } from '../../postgres/errors.ts';
import { applyEvents } from './apply.ts';
import { batches, FULL_BATCH, LIVE_GATHER_MS, type WeighedBatch } from './batches.ts';
import { type StateCache, stateCache } from './fold-batch.ts';
import { generationOfLog, placeOf, recordOrigin } from './foreign-log.ts';
import { beginAnew, type Generation, generationFor, liveGeneration, promote } from './generations.ts';
import { makeQueryIndexes, statistics } from './indexes.ts';
import { countParked, type ParkedStream, parkedStreams } from './parked.ts';
import { isHeldUp, MAX_PARKED } from './parked-limit.ts';
import { type Progress, type RunnerOptions, recordBatch, setGenerations } from './progress.ts';
import type { Projection } from './projection.ts';
import { buildAndSwap, Superseded } from './rebuild.ts';
import { readApplied, redriveOnRequest } from './redrive.ts';
import { watchShown } from './take-back.ts';

/** Runs work one after the other: for a connection that two loops write on. */
export function createMutex(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.catch(() => {});
    return result;
  };
}

type Following = {
  readonly connection: Connection;
  readonly projection: Projection;
  readonly options: RunnerOptions;
  readonly progress: Progress;
  readonly onApplied: () => void;
  /** Ends it, to be started again: another generation is live, or the subscription has gone silent. */
  readonly restart: AbortSignal;
};

/** Leads: builds this version's generation if need be, then keeps it up to date until it is replaced. */
export async function follow(following: Following): Promise<void> {
  await keepUpToDate(following, await builtGeneration(following));
}

/** This version's generation, live. */
async function builtGeneration({ connection, projection, options, progress, onApplied }: Following) {
  const { log, signal, logger, onProgress, maxBatch = FULL_BATCH, maxParked = MAX_PARKED } = options;
  const { db } = connection;
  let own = await generationFor(db, projection);
  // Held up before this process began: the code may have been repaired since, without another version.
  if (progress.building?.generation !== own.generation && (await isHeldUp(db, own, maxParked)))
    own = await beginAnew(db, projection, own);
  own = await generationOfLog(db, log, projection, own);
  const live = own.state === 'live' ? own : await liveGeneration(db, projection.name);
  progress.leader = true;
  progress.pending = 0;
  setGenerations(progress, own, live);
  logger.info({ projection: projection.name, generation: own.generation, state: own.state }, 'projection_leads');
  progress.parked = live ? await countParked(db, live) : 0;
  if (own.state !== 'building') return own;
  let seen: bigint | undefined;
  const swapped = await buildAndSwap(
    {
      ...{ log, connection, projection, generation: own, signal, logger, maxBatch, maxParked },
      onProgress(built) {
        setGenerations(progress, built, live);
        onApplied();
        onProgress?.();
      },
    },
    async (built) => {
      const result = await promote(db, projection, built, seen);
      if (!('behind' in result)) return result;
      seen = result.behind;
      return 'behind';
    },
  );
  setGenerations(progress, swapped, swapped);
  return swapped;
}

/** The generation that is kept up to date, and what its leader remembers of it. */
type Led = { generation: Generation; readonly parked: Map<string, ParkedStream>; readonly cache: StateCache };

async function keepUpToDate(following: Following, generation: Generation): Promise<void> {
  const { connection, projection, options, progress, onApplied, restart } = following;
  const { log, signal, logger, onProgress, maxBatch = FULL_BATCH } = options;
  const { db } = connection;
  const led: Led = { generation, parked: await parkedStreams(db, generation), cache: stateCache() };
  progress.parked = led.parked.size;
  const exclusively = createMutex();
  const analyze = statistics(db, projection, generation);
  const current = () => led.generation;
  await using _ = redriveOnRequest({
    ...{ db, log, projection, parked: led.parked, progress, logger, exclusively },
    generation: current,
    onRedrive: led.cache.clear,
  });
  await using watched = watchShown({ db, projection, generation: current, progress, options, exclusively });
  const subscribe = (signal: AbortSignal) =>
    log.subscribe({
      ...{ prefixes: projection.prefixes, after: generation.checkpoint, place: placeOf(generation) },
      ...{ maxBatch, signal, gatherMs: LIVE_GATHER_MS },
      onLife() {
        if (progress.askedAt !== undefined) progress.askedAt = performance.now();
      },
      onBreak(error, retryInMs) {
        progress.caughtUp = false;
        logger.warn({ projection: projection.name, error: safeErrorMessage(error), retryInMs }, 'subscription_broken');
      },
    });
  progress.askedAt = performance.now();
  const until = AbortSignal.any([signal, connection.lost, restart, watched.abandoned]);
  for await (const batch of batches(subscribe, until, maxBatch)) {
    delete progress.askedAt;
    recordReceived(progress, batch);
    const goesOn = await exclusively(async () => {
      if (!(await applyNext(following, led, batch))) return false;
      await analyze(batch.events.length);
      if (led.generation.origin === undefined) led.generation = await recordOrigin(db, log, led.generation);
      if (!batch.caughtUp || led.generation.indexed) return true;
      const { checkpoint } = led.generation;
      led.generation = await makeQueryIndexes(db, projection, led.generation, logger);
      return led.generation.checkpoint === checkpoint; // else it was emptied, and the log is read from the start
    });
    if (!goesOn) return;
    const shown = watched.shown();
    setGenerations(progress, led.generation, shown ?? led.generation);
    if (!shown) progress.caughtUp ||= batch.caughtUp;
    progress.askedAt = performance.now();
    onApplied();
    onProgress?.();
  }
}

/** Applies a batch. False: another generation has taken the place of this one. */
async function applyNext(
  { connection: { db }, projection, options: { logger, log }, progress }: Following,
  led: Led,
  batch: WeighedBatch,
): Promise<boolean> {
  const { generation, parked, cache } = led;
  const { events, caughtUp } = batch;
  const last = events.at(-1);
  if (!last) {
    progress.pending = 0;
    if (caughtUp && !generation.caughtUp) await markCaughtUp(db, generation);
    led.generation = { ...generation, caughtUp };
    return true;
  }
  const began = Date.now();
  const result = await applyEvents(db, projection, generation, batch, parked, cache, readApplied(log, parked));
  if (result === 'superseded') {
    if ((await generationFor(db, projection)).generation !== generation.generation) return false;
    throw new Superseded(
      `${generation.name}: the checkpoint of generation ${generation.generation} no longer stands at ${generation.checkpoint}`,
    );
  }
  spansOfEvents(`project ${projection.name}`, events, began);
  recordBatch(progress, result, generation, parked, logger);
  led.generation = {
    ...generation,
    checkpoint: last.position,
    checkpointEvent: placeText(last),
    caughtUp,
  };
  return true;
}

function recordReceived(progress: Progress, { events }: Batch): void {
  const last = events.at(-1);
  if (!last) return;
  progress.pending = events.length;
  progress.head = last.position;
  progress.since = events[0]!.recordedAt;
}

const markCaughtUp = (db: Connection['db'], { name, generation }: Generation) =>
  sql`update projection.projections set caught_up = true where name = ${name} and generation = ${generation}`.execute(
    db,
  );
