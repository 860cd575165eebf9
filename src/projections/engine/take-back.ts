import { safeErrorMessage } from '../../postgres/errors.ts';
import { type Generation, isLed, shownInstead } from './generations.ts';
import type { Progress, RunnerOptions } from './progress.ts';
import { poll, type Writer } from './writer.ts';

/** Long enough for a restart of the release that is shown. */
const TAKE_BACK_AFTER_MS = 10_000;

/**
 * Watches which generation the views show, until it is disposed of: the status is about that one. Aborts `abandoned` once
 * no process leads its version any more, as after a roll-back.
 */
export function watchShown(
  writer: Writer,
  progress: Progress,
  options: Pick<RunnerOptions, 'standbyMs' | 'takeBackAfterMs' | 'onProgress'>,
) {
  const { db, projection, logger, exclusively } = writer;
  const { standbyMs = 1000, takeBackAfterMs = TAKE_BACK_AFTER_MS, onProgress } = options;
  const abandoned = new AbortController();
  let shown: Generation | undefined;
  let unledSince: number | undefined;

  const look = async () => {
    if (abandoned.signal.aborted) return;
    shown = await exclusively(() => shownInstead(db, projection, writer.generation));
    if (!shown || (await exclusively(() => isLed(db, shown!)))) unledSince = undefined;
    else unledSince ??= performance.now();
    if (!shown) return;
    progress.live = shown;
    progress.caughtUp = shown.caughtUp;
    onProgress?.();
    if (unledSince === undefined || performance.now() - unledSince < takeBackAfterMs) return;
    const { name, version, generation } = shown;
    logger.warn({ projection: name, version, generation }, 'projection_taken_back');
    abandoned.abort();
  };
  const polling = poll(standbyMs, look, (error) => {
    const about = { projection: projection.name, error: safeErrorMessage(error) };
    logger.warn(about, 'projection_watch_interrupted');
  });
  return {
    /** What the views show in the place of this process's generation. */
    shown: () => shown,
    abandoned: abandoned.signal,
    [Symbol.asyncDispose]: () => polling[Symbol.asyncDispose](),
  };
}
