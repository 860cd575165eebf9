import type { ConstructorOptions } from 'pg-boss';
import type { Logger } from 'pino';
import { reactionBoss, stopBoss } from '../boss.ts';

export const QUEUE = 'reconciliation';

/** At least as often as asked: where the minutes do not divide an hour, or the hours a day, the last gap is shorter. */
export const cronOf = (everyMinutes: number): string => {
  if (everyMinutes < 60) return `*/${everyMinutes} * * * *`;
  const hours = Math.floor(everyMinutes / 60);
  return hours < 24 ? `0 */${hours} * * *` : '0 0 * * *';
};

export type Schedule = { stop(timeoutMs: number): Promise<void> };

/** After this silence of its process a job counts as failed; pg-boss allows no less. */
const HEARTBEAT_SECONDS = 10;
/** How often some process checks the heartbeats. */
const SUPERVISE_SECONDS = 10;

/**
 * Schedules a job every so many minutes and one now, for any process; at most one waits or runs (`exclusive`). The job of
 * a process that died is retried within half a minute.
 */
export async function startSchedule(options: {
  readonly databaseUrl: string;
  readonly everyMinutes: number;
  readonly logger: Logger;
  readonly run: () => Promise<void>;
  readonly clock?: ConstructorOptions['clock'];
}): Promise<Schedule> {
  const { databaseUrl, everyMinutes, logger, run, clock } = options;
  const boss = reactionBoss({
    ...{ databaseUrl, logger, clock, reaction: 'reconciliation', max: 3, schedule: true },
    ...{ superviseSeconds: SUPERVISE_SECONDS, onError: 'reconciliation_queue' },
  });
  const stop = (timeoutMs: number) => stopBoss(boss, timeoutMs);
  try {
    await boss.start();
    const queue = {
      retryLimit: 2,
      retryDelay: 5,
      expireInSeconds: 86_399,
      heartbeatSeconds: HEARTBEAT_SECONDS,
      deleteAfterSeconds: 86_400,
    };
    await boss.createQueue(QUEUE, { policy: 'exclusive', ...queue });
    await boss.updateQueue(QUEUE, queue); // one that an earlier version has made keeps its times otherwise
    await boss.work(QUEUE, { pollingIntervalSeconds: 2 }, async () => {
      await run();
    });
    await boss.schedule(QUEUE, cronOf(everyMinutes));
    await boss.send(QUEUE, {});
  } catch (error) {
    await stop(0);
    throw error;
  }
  return { stop };
}
