import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Logger } from 'pino';
import type { EventLog } from '../../events/event-log.ts';
import type { Batch } from '../../events/subscription.ts';
import { applyEvents } from './apply-events.ts';
import { type Connection, connect } from './connection.ts';
import { describe } from './describe.ts';
import { ForeignLog, refuseForeignLog } from './foreign-log.ts';
import { gather } from './gather.ts';
import { type Generation, generationFor, generations, prepare, promote } from './generations.ts';
import { takingTurns } from './in-turn.ts';
import { takeLead } from './leadership.ts';
import { countParked, type ParkedStream, parkedStreams } from './parked.ts';
import { type Progress, type ProjectionStatus, statusOf } from './progress.ts';
import type { Projection } from './projection.ts';
import { makeQueryIndexes } from './query-indexes.ts';
import { redriveOnRequest } from './redrive-on-request.ts';

export type RunnerOptions = {
  readonly log: EventLog;
  readonly databaseUrl: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Events folded in one transaction at most. */
  readonly maxBatch?: number;
  /** How often one who does not lead asks whether it may. */
  readonly standbyMs?: number;
  /** Called after each step, for those who wait for one. */
  readonly onProgress?: () => void;
};

export type Runner = {
  readonly projection: Projection;
  status(): ProjectionStatus;
  /** Resolved when the signal has ended it; never rejected. */
  readonly ended: Promise<void>;
};

const BACK_OFF_MS = [50, 100, 250, 500, 1000, 2000, 5000] as const;

/** Someone else moves the checkpoint, or the generation is gone. */
class Superseded extends Error {
  override readonly name = 'Superseded';
}

/**
 * Keeps one projection up to date for as long as the signal lets it. Whatever breaks — Postgres gone, a deadlock, the
 * lead lost — is answered in one way: begin again from what is committed.
 */
export function startRunner(projection: Projection, options: RunnerOptions): Runner {
  const { signal, logger, onProgress } = options;
  const progress: Progress = { leader: false, pending: 0, caughtUp: false, passedOver: 0 };
  return {
    projection,
    status: () => statusOf(projection.name, projection.version, progress, Date.now()),
    ended: (async () => {
      let failures = 0;
      while (!signal.aborted) {
        try {
          await lead(projection, options, progress, () => {
            failures = 0;
            delete progress.error;
          });
        } catch (error) {
          if (signal.aborted) break;
          progress.error = describe(error);
          const wait = BACK_OFF_MS[Math.min(failures++, BACK_OFF_MS.length - 1)]!;
          const level = error instanceof ForeignLog ? 'error' : 'warn';
          logger[level](
            { projection: projection.name, error: progress.error, retryInMs: wait },
            'projection_interrupted',
          );
          await pause(wait, signal);
        } finally {
          progress.leader = false;
          progress.caughtUp = false;
          onProgress?.();
        }
      }
    })(),
  };
}

/** Waits for the lead, then applies batch after batch until something breaks. */
async function lead(projection: Projection, options: RunnerOptions, progress: Progress, onApplied: () => void) {
  const { log, signal, logger, onProgress } = options;
  await using connection = await connect(options.databaseUrl, projection.name);
  await prepare(connection.db);
  await standBy(connection, projection, options, progress);
  if (signal.aborted) return;
  let mine = await generationFor(connection.db, projection);
  await refuseForeignLog(log, [mine]);
  const live = mine.state === 'live' ? mine : await liveGeneration(connection, projection);
  progress.leader = true;
  notice(progress, mine, live);
  logger.info({ projection: projection.name, generation: mine.generation, state: mine.state }, 'projection_leads');

  const parked = await parkedStreams(connection.db, mine);
  progress.parked = live && live !== mine ? await countParked(connection.db, live) : parked.size;
  const over = new AbortController();
  const until = AbortSignal.any([signal, connection.lost, over.signal]);
  const inTurn = takingTurns();
  const redriving = redriveOnRequest({
    ...{ db: connection.db, log, projection, parked, progress, logger, signal: until, inTurn },
    generation: () => mine,
  });
  const { maxBatch = 2000 } = options;
  const after = mine.checkpoint;
  const subscribe = (signal: AbortSignal) =>
    log.subscribe({
      prefixes: projection.prefixes,
      after,
      maxBatch,
      signal,
      onBreak(error, retryInMs) {
        progress.caughtUp = false;
        logger.warn({ projection: projection.name, error: describe(error), retryInMs }, 'subscription_broken');
      },
    });
  for await (const batch of gather(subscribe, until, maxBatch)) {
    handedOut(progress, batch);
    mine = await take(connection, projection, mine, batch, progress);
    if (batch.caughtUp && !mine.indexed) mine = await makeQueryIndexes(connection.db, projection, mine);
    if (mine.state === 'building' && batch.caughtUp) mine = await promote(connection.db, projection, mine);
    notice(progress, mine, mine.state === 'live' ? mine : progress.live);
    progress.caughtUp = batch.caughtUp;
    onApplied();
    onProgress?.();
  }
  if (!signal.aborted) throw connection.lost.reason;
}

/** Applies a batch; answers the generation as it then is. */
async function take(
  { db }: Connection,
  projection: Projection,
  mine: Generation,
  { events, caughtUp }: Batch,
  progress: Progress,
): Promise<Generation> {
  const last = events.at(-1);
  if (!last) {
    progress.pending = 0;
    if (caughtUp && !mine.caughtUp) await noteCaughtUp(db, mine);
    return { ...mine, caughtUp };
  }
  const facts = events.map(decode).filter((fact): fact is Fact => fact !== undefined);
  const batch = { facts, position: last.position, caughtUp };
  if ((await applyBatch(db, projection, mine, mine.checkpoint, batch)) === 'superseded') {
    throw new Superseded(
      `${mine.name}: the checkpoint of generation ${mine.generation} no longer stands at ${mine.checkpoint}`,
    );
  }
  progress.passedOver += events.length - facts.length;
  progress.pending = 0;
  progress.since = last.recordedAt;
  return { ...mine, checkpoint: last.position, caughtUp };
}

/** While another process leads, tells of its progress. */
async function standBy(connection: Connection, projection: Projection, options: RunnerOptions, progress: Progress) {
  const { signal, standbyMs = 1000, onProgress } = options;
  while (!signal.aborted && !(await takeLead(connection, projection))) {
    connection.lost.throwIfAborted();
    const live = await liveGeneration(connection, projection);
    notice(progress, live, live);
    progress.pending = 0;
    progress.caughtUp = live?.caughtUp === true && live.version === projection.version;
    delete progress.error;
    onProgress?.();
    await pause(standbyMs, AbortSignal.any([signal, connection.lost]));
  }
}

const liveGeneration = async ({ db }: Connection, { name }: Projection): Promise<Generation | undefined> =>
  (await generations(db, name)).find(({ state }) => state === 'live');

function notice(progress: Progress, mine: Generation | undefined, live: Generation | undefined): void {
  if (live) progress.live = live;
  if (mine?.state === 'building') progress.building = mine;
  else delete progress.building;
}

function handedOut(progress: Progress, { events }: Batch): void {
  const last = events.at(-1);
  if (!last) return;
  progress.pending = events.length;
  progress.head = last.position;
  progress.since ??= events[0]!.recordedAt;
}

const noteCaughtUp = (db: Connection['db'], { name, generation }: Generation) =>
  sql`update projection.projections set caught_up = true where name = ${name} and generation = ${generation}`.execute(
    db,
  );

const pause = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }).catch(() => {});
