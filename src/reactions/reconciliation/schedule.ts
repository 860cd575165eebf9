import { PgBoss } from 'pg-boss';
import type { Logger } from 'pino';
import { wordsOf } from '../ticket-mail/words-of.ts';

const SCHEMA = 'pgboss';
export const QUEUE = 'reconciliation';

/** Cron knows minutes of an hour and hours of a day: the nearest that it can say. */
export const cronOf = (everyMinutes: number): string =>
  everyMinutes < 60
    ? `*/${Math.max(1, Math.round(everyMinutes))} * * * *`
    : `0 */${Math.min(23, Math.round(everyMinutes / 60))} * * *`;

export type Schedule = { stop(timeoutMs: number): Promise<void> };

/**
 * One job every so many minutes, and one now, for whichever process takes it. A job waits or runs at most once
 * (`exclusive`); that of a process that died comes to another one within a minute and a half.
 */
export async function startSchedule(options: {
  readonly databaseUrl: string;
  readonly everyMinutes: number;
  readonly logger: Logger;
  readonly run: () => Promise<void>;
}): Promise<Schedule> {
  const { databaseUrl, everyMinutes, logger, run } = options;
  const boss = new PgBoss({
    connectionString: databaseUrl,
    schema: SCHEMA,
    application_name: 'call-ledger reconciliation queue',
    max: 3,
    connectionTimeoutMillis: 5000,
    reindex: false,
  });
  boss.on('error', (error) => logger.warn({ error: wordsOf(error) }, 'reconciliation_queue'));
  const stop = async (timeoutMs: number) => {
    const late = new Promise<void>((resolve) => setTimeout(resolve, timeoutMs + 1000).unref());
    await Promise.race([boss.stop({ graceful: timeoutMs > 0, timeout: Math.max(timeoutMs, 1) }).catch(() => {}), late]);
  };
  try {
    await boss.start();
    await boss.createQueue(QUEUE, {
      policy: 'exclusive',
      retryLimit: 2,
      retryDelay: 30,
      expireInSeconds: 86_399,
      heartbeatSeconds: 30,
      deleteAfterSeconds: 86_400,
    });
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
