import { sql } from 'kysely';
import type { EventLog } from '../../events/event-log.ts';
import type { Batch } from '../../events/subscription.ts';
import { applyEvents } from './apply.ts';
import type { Connection } from './connection.ts';
import { describe } from './faults.ts';
import { type HotStates, hotStates } from './fold-batch.ts';
import { FULL_BATCH, type Gathered, gather } from './gather.ts';
import { beginAnew, type Generation, generationFor, liveGeneration, promote } from './generations.ts';
import { makeQueryIndexes, statistics } from './indexes.ts';
import { countParked, type ParkedStream, parkedStreams } from './parked.ts';
import { isHeldUp, MAX_PARKED } from './parked-limit.ts';
import { noteTaken, notice, type Progress, type RunnerOptions } from './progress.ts';
import type { Projection } from './projection.ts';
import { buildAndSwap, Superseded } from './rebuild.ts';
import { redriveOnRequest } from './redrive.ts';

/** Runs what it is given one after the other: for a connection that two loops write on. */
export function takingTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => {});
    return mine;
  };
}

/** The log and the read model do not belong together. */
export class ForeignLog extends Error {
  override readonly name = 'ForeignLog';
}

/** Throws when a generation has read further than the log goes. */
export async function refuseForeignLog(log: EventLog, all: readonly Generation[]): Promise<void> {
  const furthest = all.reduce(
    (max, { checkpoint }) => (checkpoint !== undefined && checkpoint > max ? checkpoint : max),
    -1n,
  );
  if (furthest < 0n) return;
  const head = await log.head();
  if (head !== undefined && furthest <= head) return;
  const beyond = all.find(({ checkpoint }) => checkpoint === furthest)!;
  throw new ForeignLog(
    `the log and the read model do not belong together: the projection ${beyond.name} has read up to position ` +
      `${furthest}, but the log ${head === undefined ? 'is empty' : `ends at ${head}`}. ` +
      'Check EVENTSTORE_URL and DATABASE_URL (or DATA_DIR): one of them points elsewhere than before. If the log is the ' +
      'right one, remove the read model and it is built anew: drop schema projection cascade',
  );
}

type Following = {
  readonly connection: Connection;
  readonly projection: Projection;
  readonly options: RunnerOptions;
  readonly progress: Progress;
  readonly onApplied: () => void;
  /** Ends it, to be begun again: another generation is live, or the subscription has gone silent. */
  readonly again: AbortSignal;
};

/** Leads: keeps one generation up to date, built first if need be, for as long as it is to be kept. */
export async function follow({ connection, projection, options, progress, onApplied, again }: Following) {
  const { log, signal, logger, onProgress, maxBatch = FULL_BATCH, maxParked = MAX_PARKED } = options;
  let mine = await generationFor(connection.db, projection);
  // Held up before this process began: the code may have been mended since, without another version.
  if (progress.building?.generation !== mine.generation && (await isHeldUp(connection.db, mine, maxParked)))
    mine = await beginAnew(connection.db, projection, mine);
  await refuseForeignLog(log, [mine]);
  const live = mine.state === 'live' ? mine : await liveGeneration(connection.db, projection.name);
  progress.leader = true;
  progress.pending = 0;
  notice(progress, mine, live);
  logger.info({ projection: projection.name, generation: mine.generation, state: mine.state }, 'projection_leads');
  progress.parked = live ? await countParked(connection.db, live) : 0;
  if (mine.state === 'building') {
    mine = await buildAndSwap(
      {
        ...{ log, connection, projection, generation: mine, signal, logger, maxBatch, maxParked },
        onProgress(built) {
          notice(progress, built, live);
          onApplied();
          onProgress?.();
        },
      },
      (built) => promote(connection.db, projection, built),
    );
    notice(progress, mine, mine);
  }

  const parked = await parkedStreams(connection.db, mine);
  progress.parked = parked.size;
  const inTurn = takingTurns();
  const hot = hotStates();
  const analyzed = statistics(connection.db, projection, mine);
  await using _ = redriveOnRequest({
    ...{ db: connection.db, log, projection, parked, progress, logger, inTurn },
    generation: () => mine,
    onRedrive: hot.forget,
  });
  const until = AbortSignal.any([signal, connection.lost, again]);
  const after = mine.checkpoint;
  const subscribe = (signal: AbortSignal) =>
    log.subscribe({
      prefixes: projection.prefixes,
      after,
      maxBatch,
      signal,
      onLife() {
        if (progress.askedAt !== undefined) progress.askedAt = performance.now();
      },
      onBreak(error, retryInMs) {
        progress.caughtUp = false;
        logger.warn({ projection: projection.name, error: describe(error), retryInMs }, 'subscription_broken');
      },
    });
  let isReplaced = false;
  let begunAnew = false;
  progress.askedAt = performance.now();
  for await (const batch of gather(subscribe, until, maxBatch)) {
    delete progress.askedAt;
    handedOut(progress, batch);
    await inTurn(async () => {
      const taken = await take(connection, projection, mine, batch, parked, hot, options, progress);
      isReplaced = taken === 'replaced';
      if (taken === 'replaced') return;
      mine = taken;
      await analyzed(batch.events.length);
      if (!batch.caughtUp || mine.indexed) return;
      const indexed = await makeQueryIndexes(connection.db, projection, mine, logger);
      begunAnew = indexed.checkpoint !== mine.checkpoint;
      mine = indexed;
    });
    if (isReplaced || begunAnew) return;
    notice(progress, mine, mine);
    progress.caughtUp ||= batch.caughtUp;
    progress.askedAt = performance.now();
    onApplied();
    onProgress?.();
  }
}

/** Applies a batch; answers the generation as it then is. */
async function take(
  { db }: Connection,
  projection: Projection,
  mine: Generation,
  batch: Gathered,
  parked: Map<string, ParkedStream>,
  hot: HotStates,
  { logger }: RunnerOptions,
  progress: Progress,
): Promise<Generation | 'replaced'> {
  const { events, caughtUp } = batch;
  const last = events.at(-1);
  if (!last) {
    progress.pending = 0;
    if (caughtUp && !mine.caughtUp) await noteCaughtUp(db, mine);
    return { ...mine, caughtUp };
  }
  const taken = await applyEvents(db, projection, mine, batch, parked, hot);
  if (taken === 'superseded') {
    const { generation } = await generationFor(db, projection);
    if (generation !== mine.generation) return 'replaced';
    throw new Superseded(
      `${mine.name}: the checkpoint of generation ${mine.generation} no longer stands at ${mine.checkpoint}`,
    );
  }
  noteTaken(taken, mine, parked, progress, logger);
  progress.pending = 0;
  return { ...mine, checkpoint: last.position, caughtUp };
}

function handedOut(progress: Progress, { events }: Batch): void {
  const last = events.at(-1);
  if (!last) return;
  progress.pending = events.length;
  progress.head = last.position;
  progress.since = events[0]!.recordedAt;
}

const noteCaughtUp = (db: Connection['db'], { name, generation }: Generation) =>
  sql`update projection.projections set caught_up = true where name = ${name} and generation = ${generation}`.execute(
    db,
  );
