import { pause, supervise } from '../../events/waiting.ts';
import { type Connection, connect } from '../../postgres/connection.ts';
import { safeErrorMessage } from '../../postgres/errors.ts';
import { tryLock } from '../../postgres/mutex.ts';
import { follow } from './follow.ts';
import { ForeignLog } from './foreign-log.ts';
import { liveGeneration } from './generations.ts';
import { readerOf, type Watched } from './lag.ts';
import { prepare } from './migrations.ts';
import { countParked } from './parked.ts';
import { TooManyParked } from './parked-limit.ts';
import {
  newProgress,
  observeLag,
  observeSilence,
  type Progress,
  type ProjectionStatus,
  type RunnerOptions,
  setGenerations,
  statusOf,
} from './progress.ts';
import { leadOf, type Projection } from './projection.ts';

/** Waits for the lead; while another process has it, reports what that one has committed. */
async function waitForLead(
  connection: Connection,
  projection: Projection,
  options: RunnerOptions,
  progress: Progress,
): Promise<void> {
  const { signal, standbyMs = 1000, frozenAfterMs, onProgress } = options;
  while (!signal.aborted && !(await tryLock(connection.db, leadOf(projection), { frozenAfterMs }))) {
    connection.lost.throwIfAborted();
    const live = await liveGeneration(connection.db, projection.name);
    setGenerations(progress, live, live);
    progress.parked = live ? await countParked(connection.db, live) : 0;
    progress.pending = 0;
    // A newer release's generation holds all that this version shows.
    progress.caughtUp = live?.caughtUp === true && live.version >= projection.version;
    delete progress.error;
    onProgress?.();
    await pause(standbyMs, AbortSignal.any([signal, connection.lost]));
  }
}

export type Runner = Watched & {
  readonly projection: Projection;
  status(): ProjectionStatus;
  /** Starts it again, after another generation of the same version has become live. */
  restart(): void;
  /** Resolves when the signal has ended it; never rejects. */
  readonly ended: Promise<void>;
};

/** Keeps one projection up to date until the signal ends it. After any failure it starts again from what is committed. */
export function startRunner(projection: Projection, options: RunnerOptions): Runner {
  const { signal, logger, onProgress } = options;
  const progress = newProgress();
  /** Called when the next attempt begins: during the back-off the last state is still shown. */
  const resign = () => {
    progress.leader = false;
    progress.caughtUp = false;
    onProgress?.();
  };
  /** The generation that was live when the end of the log was last looked at. */
  let lookedAt: number | undefined;
  let restart = new AbortController();
  const untilRestart = () => {
    restart = new AbortController();
    return restart.signal;
  };
  return {
    projection,
    restart: () => restart.abort(),
    reader() {
      lookedAt = progress.live?.generation;
      return readerOf(projection, progress.live);
    },
    observe(lag) {
      observeLag(progress, lag);
      if (!lag) return;
      const isStale = lag.isStale && lookedAt === progress.live?.generation;
      if (isStale && !progress.isStale) {
        logger.error({ projection: projection.name, generation: progress.live?.generation }, 'projection_stale');
        if (!progress.building) restart.abort();
      }
      progress.isStale = isStale;
      if (!observeSilence(progress, lag, performance.now(), options.silentAfterMs)) return;
      const { head, live } = progress;
      const positions = { head: `${lag.head}`, handedOut: `${head ?? live?.checkpoint}` };
      logger.warn({ projection: projection.name, ...positions }, 'subscription_silent');
      restart.abort();
    },
    status: () => statusOf(projection.name, projection.version, progress, Date.now()),
    ended: supervise(
      async (onWell) => {
        resign();
        const onApplied = () => {
          onWell();
          delete progress.error;
          delete progress.heldUpBy;
        };
        await lead(projection, options, progress, onApplied, untilRestart);
      },
      {
        signal,
        onFailure(error, retryInMs) {
          progress.error = safeErrorMessage(error);
          if (error instanceof TooManyParked) progress.heldUpBy = error.count;
          else delete progress.heldUpBy;
          const level = error instanceof ForeignLog || error instanceof TooManyParked ? 'error' : 'warn';
          logger[level]({ projection: projection.name, error: progress.error, retryInMs }, 'projection_interrupted');
        },
      },
    ).finally(resign),
  };
}

/** Waits for the lead, then applies batch after batch until something breaks. */
async function lead(
  projection: Projection,
  options: RunnerOptions,
  progress: Progress,
  onApplied: () => void,
  untilRestart: () => AbortSignal,
) {
  await using connection = await connect(options.databaseUrl, projection.name, { byKeyOnly: true });
  await prepare(connection.db);
  await waitForLead(connection, projection, options, progress);
  while (!options.signal.aborted) {
    await follow({ connection, projection, options, progress, onApplied, restart: untilRestart() });
    connection.lost.throwIfAborted();
  }
}
