import type { Kysely } from 'kysely';
import { pause } from '../../events/waiting.ts';
import { safeErrorMessage } from '../../postgres/errors.ts';
import { type Generation, isLed, shownInstead } from './generations.ts';
import type { Progress, RunnerOptions } from './progress.ts';
import type { Projection } from './projection.ts';

type Watching = {
  readonly db: Kysely<unknown>;
  readonly projection: Projection;
  /** The one that this process keeps up to date. */
  readonly generation: () => Generation;
  readonly progress: Progress;
  readonly options: Pick<RunnerOptions, 'logger' | 'standbyMs' | 'takeBackAfterMs' | 'onProgress'>;
  /** Runs work between two batches. */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
};

/** Long enough for a restart of the release that is shown. */
const TAKE_BACK_AFTER_MS = 10_000;

/**
 * Watches which generation the views show, until it is disposed of: the status is about that one. Aborts `abandoned` once
 * no process leads its version any more, as after a roll-back.
 */
export function watchShown({ db, projection, generation, progress, options, exclusively }: Watching) {
  const { logger, standbyMs = 1000, takeBackAfterMs = TAKE_BACK_AFTER_MS, onProgress } = options;
  const over = new AbortController();
  const abandoned = new AbortController();
  let shown: Generation | undefined;
  let unledSince: number | undefined;

  const look = async () => {
    shown = await exclusively(() => shownInstead(db, projection, generation()));
    if (!shown || (await exclusively(() => isLed(db, shown!)))) unledSince = undefined;
    else unledSince ??= performance.now();
    if (!shown) return;
    progress.live = shown;
    progress.caughtUp = shown.caughtUp;
    onProgress?.();
    if (unledSince === undefined || performance.now() - unledSince < takeBackAfterMs) return;
    logger.warn(
      { projection: shown.name, version: shown.version, generation: shown.generation },
      'projection_taken_back',
    );
    abandoned.abort();
  };
  const ended = (async () => {
    while (!over.signal.aborted && !abandoned.signal.aborted) {
      await pause(standbyMs, over.signal);
      if (over.signal.aborted) return;
      await look().catch((error) => {
        if (!over.signal.aborted)
          logger.warn({ projection: projection.name, error: safeErrorMessage(error) }, 'projection_watch_interrupted');
      });
    }
  })();
  return {
    /** What the views show in the place of this process's generation. */
    shown: () => shown,
    abandoned: abandoned.signal,
    async [Symbol.asyncDispose]() {
      over.abort();
      await ended;
    },
  };
}
