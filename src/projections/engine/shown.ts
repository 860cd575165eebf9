import type { QueryExecutorProvider } from 'kysely';
import type { Logger } from 'pino';
import type { EventLog } from '../../events/event-log.ts';
import { liveGeneration } from './generations.ts';
import { type Lag, readerOf, watchLags } from './lag.ts';
import { countParked } from './parked.ts';
import { newProgress, observeLag, type ProjectionStatus, setGenerations, statusOf } from './progress.ts';
import type { Projection } from './projection.ts';

type Stores = {
  readonly log: EventLog;
  /** May be a replica: nothing is written. */
  readonly db: QueryExecutorProvider;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly everyMs?: number;
};

/** The status of each projection in a process that runs none: from the stores, every two seconds until the signal. */
export function watchViews(
  projections: readonly Pick<Projection, 'name' | 'version' | 'prefixes'>[],
  { log, db, ...options }: Stores,
): { status(): readonly ProjectionStatus[] } {
  const views = projections.map(({ name, version, prefixes }) => {
    const progress = newProgress();
    return {
      async reader() {
        const live = await liveGeneration(db, name);
        setGenerations(progress, live, live);
        progress.parked = live ? await countParked(db, live) : 0;
        progress.caughtUp = live !== undefined;
        return readerOf({ prefixes }, live);
      },
      observe(lag: Lag | undefined) {
        observeLag(progress, lag);
        if (lag) progress.isStale = lag.isStale;
      },
      status: () => statusOf(name, version, progress, Date.now()),
    };
  });
  void watchLags(log, views, options);
  return { status: () => views.map((view) => view.status()) };
}
