import type { Logger } from 'pino';
import type { EventLog } from '../../events/event-log.ts';
import { steps, stoppable, waitUntil } from '../../events/waiting.ts';
import { connect } from '../../postgres/connection.ts';
import { safeErrorMessage } from '../../postgres/errors.ts';
import { ForeignLog, isStale } from './foreign-log.ts';
import { generations } from './generations.ts';
import { watchLags } from './lag.ts';
import { prepare } from './migrations.ts';
import type { ProjectionStatus, RunnerOptions } from './progress.ts';
import type { Projection } from './projection.ts';
import { type OperationsOptions, runOperations } from './run-operations.ts';
import { type Runner, startRunner } from './runner.ts';

export type ProjectionsOptions = {
  readonly log: EventLog;
  readonly databaseUrl: string;
  readonly projections: readonly Projection[];
  readonly logger: Logger;
  /** Ends them, as `stop()` does. */
  readonly signal?: AbortSignal;
  readonly options?: Pick<
    RunnerOptions,
    'maxBatch' | 'standbyMs' | 'silentAfterMs' | 'takeBackAfterMs' | 'frozenAfterMs'
  > & {
    readonly watchEveryMs?: number;
  };
  /** `REBUILD_MAX_PARKED`. */
  readonly maxParked?: number;
  /** For rebuilds and what else operators request. */
  readonly operations?: Pick<OperationsOptions, 'keepMs' | 'now' | 'pollMs'>;
};

export type RunningProjections = {
  /** Of each projection; reads memory only, so it may be called at any rate. */
  status(): readonly ProjectionStatus[];
  /** Ends after the current batch, and gives up the lead. */
  stop(): Promise<void>;
  /** Whether in time every projection has applied all that concerns it up to a position of the log. */
  waitUntilCaughtUp(position: bigint, timeoutMs: number): Promise<boolean>;
  /** Whether in time the views of one projection show what is recorded up to a position of the log. */
  waitUntilApplied(projection: string, position: bigint, timeoutMs: number): Promise<boolean>;
};

/**
 * Keeps the read model up to date, and waits for stores that are away. Rejects with `ForeignLog` when the read model was
 * made from another log, not only from another state of this one.
 */
export async function startProjections(options: ProjectionsOptions): Promise<RunningProjections> {
  const { log, databaseUrl, projections, logger, maxParked } = options;
  await checkLog(options);
  const { signal, stop } = stoppable(options.signal);
  const batches = steps();
  const runners = projections.map((projection) =>
    startRunner(projection, {
      ...{ log, databaseUrl, logger, signal, maxParked, onProgress: batches.done },
      ...options.options,
    }),
  );
  const { maxBatch, watchEveryMs: everyMs } = options.options ?? {};
  const operations = runOperations(runners, {
    ...{ log, databaseUrl, logger, signal, maxBatch, maxParked },
    ...options.operations,
  });

  const watching = watchLags(log, runners, { logger, signal, ...(everyMs !== undefined && { everyMs }) });

  return {
    status: () => runners.map((runner) => runner.status()),
    async stop() {
      stop();
      await Promise.all([...runners.map(({ ended }) => ended), operations, watching]);
    },
    async waitUntilCaughtUp(position, timeoutMs) {
      const until = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const hasCaughtUp = async (runner: Runner) => {
        if (hasReached(runner, position)) return true;
        if (!runner.status().caughtUp || until.aborted) return false;
        return nothingBetween(log, runner, position, until);
      };
      const waits = runners.map((runner) =>
        waitUntil(() => hasCaughtUp(runner), { timeoutMs, signal, steps: batches }),
      );
      return (await Promise.all(waits)).every((reached) => reached);
    },
    waitUntilApplied(name, position, timeoutMs) {
      const checkpoint = () =>
        BigInt(runners.find(({ projection }) => projection.name === name)?.status().checkpoint ?? -1);
      return waitUntil(() => checkpoint() >= position, { timeoutMs, signal, steps: batches });
    },
  };
}

/** Throws only when the read model belongs to another log. */
async function checkLog({ log, databaseUrl, logger }: ProjectionsOptions): Promise<void> {
  try {
    await using connection = await connect(databaseUrl, 'start');
    await prepare(connection.db);
    // What a restore has lost is built anew by the process that leads.
    for (const one of await generations(connection.db)) if (one.state !== 'previous') await isStale(log, one);
  } catch (error) {
    if (error instanceof ForeignLog) throw error;
    logger.warn({ error: safeErrorMessage(error) }, 'projections_wait');
  }
}

const checkpointOf = (runner: Runner): bigint => {
  const { checkpoint, building } = runner.status();
  return building || checkpoint === null ? -1n : BigInt(checkpoint);
};

const hasReached = (runner: Runner, position: bigint): boolean => checkpointOf(runner) >= position;

/** Whether the events between the checkpoint and a position are all of other streams than the projection reads. */
async function nothingBetween(log: EventLog, runner: Runner, position: bigint, signal: AbortSignal): Promise<boolean> {
  const checkpoint = checkpointOf(runner);
  const { prefixes } = runner.projection;
  const after = checkpoint < 0n ? {} : { after: checkpoint };
  for await (const { events, caughtUp } of log.subscribe({ prefixes, ...after, maxBatch: 1, signal })) {
    const next = events[0];
    if (next) return next.position > position;
    if (caughtUp) return true;
  }
  return false;
}
