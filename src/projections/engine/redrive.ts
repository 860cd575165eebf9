import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { EventLog } from '../../events/event-log.ts';
import { describe } from '../runtime/describe.ts';
import { redrive } from '../runtime/redrive.ts';
import type { Database } from './connection.ts';
import type { Generation } from './generations.ts';
import { type ParkedStream, wantedRedrives } from './parked.ts';
import type { Progress } from './progress.ts';
import type { Projection } from './projection.ts';

export type RedriveOptions = {
  readonly db: Database;
  readonly log: EventLog;
  readonly projection: Projection;
  /** The leader's, as it then is. */
  readonly generation: () => Generation;
  /** What redriven streams are taken from. */
  readonly parked: Map<string, ParkedStream>;
  readonly progress: Progress;
  readonly logger: Logger;
  /** Told before something is written. */
  readonly onRedrive: () => void;
  /** Between two batches. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
};

/** As long as nothing is parked nobody is asked. */
const ASK_EVERY_MS = 500;

/** Redrives parked streams that somebody, in whatever process, asks for; until it is disposed of. */
export function redriveOnRequest(options: RedriveOptions): AsyncDisposable {
  const over = new AbortController();
  const { signal } = over;
  const ended = (async () => {
    for (;;) {
      await sleep(ASK_EVERY_MS, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      if (options.parked.size === 0) continue;
      try {
        await redriveWanted(options, signal);
      } catch (error) {
        const { name } = options.projection;
        if (!signal.aborted)
          options.logger.warn({ projection: name, error: describe(error) }, 'projection_redrive_interrupted');
      }
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      over.abort();
      await ended;
    },
  };
}

async function redriveWanted(options: RedriveOptions, signal: AbortSignal): Promise<void> {
  const { db, log, projection, generation, parked, progress, logger, onRedrive, inTurn } = options;
  const wanted = await inTurn(() => wantedRedrives(db, generation()));
  for (const stream of wanted) {
    const one = parked.get(stream);
    if (!one || signal.aborted) continue;
    const outcome = await inTurn(() => {
      onRedrive();
      return redrive(db, log, projection, generation(), one, parked);
    });
    const said = { projection: projection.name, parked_id: one.id, stream };
    if (outcome === 'redriven') {
      parked.delete(stream);
      logger.info(said, 'projection_redriven');
    } else {
      const { fact, reason } = outcome.broken;
      parked.set(stream, { ...one, revision: fact.revision });
      logger.error(
        { ...said, position: `${fact.position}`, type: fact.type, error: reason },
        'projection_still_parked',
      );
    }
    progress.parked = parked.size;
  }
}
