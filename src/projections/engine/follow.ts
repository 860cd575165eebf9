import { sql } from 'kysely';
import type { Batch } from '../../events/subscription.ts';
import { spansOfEvents } from '../../events/tracing.ts';
import type { Connection, Database } from '../../postgres/connection.ts';
import { applyBatch } from './apply.ts';
import { batches, FULL_BATCH, LIVE_GATHER_MS, type WeighedBatch } from './batches.ts';
import { buildAndSwap, superseded } from './build.ts';
import { generationOfLog, recordOrigin } from './foreign-log.ts';
import { beginAnew, type Generation, generationFor, liveGeneration, promote } from './generations.ts';
import { makeQueryIndexes, statistics } from './indexes.ts';
import { countParked } from './parked.ts';
import { isHeldUp, MAX_PARKED } from './parked-limit.ts';
import { type Progress, type RunnerOptions, recordBatch, setGenerations } from './progress.ts';
import type { Projection } from './projection.ts';
import { redriveOnRequest } from './redrive.ts';
import { watchShown } from './take-back.ts';
import { furtherEvents, type Writer, writerOf } from './writer.ts';

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
  const own = await ownGeneration(following);
  const live = own.state === 'building' ? await build(following, own) : own;
  await keepUpToDate(following, live);
}

/** The generation that this version of the code writes, as the log is now. */
async function ownGeneration({ connection, projection, options, progress }: Following): Promise<Generation> {
  const { log, logger, maxParked = MAX_PARKED } = options;
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
  return own;
}

async function build({ connection, projection, options, progress, onApplied }: Following, generation: Generation) {
  const { log, signal, logger, onProgress, maxBatch, maxParked } = options;
  let seen: bigint | undefined;
  const live = await buildAndSwap(
    {
      ...{ log, connection, projection, generation, signal, logger, maxBatch, maxParked },
      onProgress(built) {
        setGenerations(progress, built, progress.live);
        onApplied();
        onProgress?.();
      },
    },
    async (built) => {
      const result = await promote(connection.db, projection, built, seen);
      if (!('behind' in result)) return result;
      seen = result.behind;
      return 'behind';
    },
  );
  setGenerations(progress, live, live);
  return live;
}

async function keepUpToDate(following: Following, generation: Generation): Promise<void> {
  const { connection, projection, options, progress, onApplied, restart } = following;
  const { log, signal, logger, onProgress, maxBatch = FULL_BATCH } = options;
  const writer = await writerOf({ db: connection.db, log, projection, logger, generation });
  progress.parked = writer.parked.size;
  const analyze = statistics(writer);
  await using _ = redriveOnRequest(writer, progress);
  await using watched = watchShown(writer, progress, options);
  const subscribe = (signal: AbortSignal) =>
    furtherEvents(writer, {
      ...{ maxBatch, signal, gatherMs: LIVE_GATHER_MS },
      onLife() {
        if (progress.askedAt !== undefined) progress.askedAt = performance.now();
      },
      onBreak() {
        progress.caughtUp = false;
      },
    });
  progress.askedAt = performance.now();
  const until = AbortSignal.any([signal, connection.lost, restart, watched.abandoned]);
  for await (const batch of batches(subscribe, until, maxBatch)) {
    delete progress.askedAt;
    recordReceived(progress, batch);
    const goesOn = await writer.exclusively(
      async () => (await applyNext(writer, batch, progress)) && (await complete(writer, batch, analyze)),
    );
    if (!goesOn) return;
    const shown = watched.shown();
    setGenerations(progress, writer.generation, shown ?? writer.generation);
    if (!shown) progress.caughtUp ||= batch.caughtUp;
    progress.askedAt = performance.now();
    onApplied();
    onProgress?.();
  }
}

/** Applies a batch. False: another generation has taken the place of this one. */
async function applyNext(writer: Writer, batch: WeighedBatch, progress: Progress): Promise<boolean> {
  const { db, projection, generation } = writer;
  const { events, caughtUp } = batch;
  if (events.length === 0) {
    progress.pending = 0;
    if (caughtUp && !generation.caughtUp) await markCaughtUp(db, generation);
    writer.generation = { ...generation, caughtUp };
    return true;
  }
  const began = Date.now();
  const result = await applyBatch(writer, batch);
  if (result === 'superseded') {
    if ((await generationFor(db, projection)).generation !== generation.generation) return false;
    throw superseded(generation);
  }
  spansOfEvents(`project ${projection.name}`, events, began);
  recordBatch(progress, result, writer.parked.size);
  return true;
}

/** What a generation still lacks after a batch. False: it was emptied, and the log is to be read from the start. */
async function complete(
  writer: Writer,
  { events, caughtUp }: WeighedBatch,
  analyze: ReturnType<typeof statistics>,
): Promise<boolean> {
  await analyze(events.length, caughtUp);
  if (writer.generation.origin === undefined)
    writer.generation = await recordOrigin(writer.db, writer.log, writer.generation);
  if (!caughtUp || writer.generation.indexed) return true;
  const { checkpoint } = writer.generation;
  writer.generation = await makeQueryIndexes(writer);
  return writer.generation.checkpoint === checkpoint;
}

function recordReceived(progress: Progress, { events }: Batch): void {
  const last = events.at(-1);
  if (!last) return;
  progress.pending = events.length;
  progress.head = last.position;
  progress.since = events[0]!.recordedAt;
}

const markCaughtUp = (db: Database, { name, generation }: Generation) =>
  sql`update projection.projections set caught_up = true where name = ${name} and generation = ${generation}`.execute(
    db,
  );
