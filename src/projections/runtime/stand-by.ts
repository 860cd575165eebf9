import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '../engine/connection.ts';
import { liveGeneration } from '../engine/generations.ts';
import { takeLead } from '../engine/leadership.ts';
import { countParked } from '../engine/parked.ts';
import { notice, type Progress, type RunnerOptions } from '../engine/progress.ts';
import type { Projection } from '../engine/projection.ts';

/** Waits for the lead; while another process has it, tells of its progress. */
export async function standBy(
  connection: Connection,
  projection: Projection,
  options: RunnerOptions,
  progress: Progress,
): Promise<void> {
  const { signal, standbyMs = 1000, onProgress } = options;
  while (!signal.aborted && !(await takeLead(connection, projection))) {
    connection.lost.throwIfAborted();
    const live = await liveGeneration(connection.db, projection.name);
    notice(progress, live, live);
    progress.parked = live ? await countParked(connection.db, live) : 0;
    progress.pending = 0;
    progress.caughtUp = live?.caughtUp === true && live.version === projection.version;
    delete progress.error;
    onProgress?.();
    await sleep(standbyMs, undefined, { signal: AbortSignal.any([signal, connection.lost]) }).catch(() => {});
  }
}
