import type { ConstructorOptions, PgBoss } from 'pg-boss';
import type { Logger } from 'pino';
import { reactionBoss, stopBoss } from '../boss.ts';
import { type MailKey, mailName } from './mail-record.ts';

/** Its jobs only schedule; the state of a mail is in the log. */
const QUEUE = 'ticket-mail';
const DEAD_LETTERS = 'ticket-mail-dead-letters';

const DAY_S = 86_400;

/** Tests shorten it. */
export type QueuePace = {
  /** How often a worker polls; jobs that are due at once reach it without. */
  readonly pollSeconds: number;
  /** Back-off between attempts: the first, and the longest. */
  readonly retrySeconds: number;
  readonly maxRetrySeconds: number;
  /** Mails under way at once in this process. */
  readonly concurrency: number;
};

export const queuePace: QueuePace = { pollSeconds: 2, retrySeconds: 5, maxRetrySeconds: 900, concurrency: 2 };

export type JobResult =
  | { readonly word: 'done' }
  /** Back-off, then again. */
  | { readonly word: 'retry'; readonly reason: string }
  /** Given up, which is recorded in the log. */
  | { readonly word: 'dead'; readonly reason: string };

export type HandleJob = (key: MailKey, job: { readonly createdAt: number }) => Promise<JobResult>;

type QueueOptions = {
  readonly databaseUrl: string;
  readonly logger: Logger;
  readonly pace: QueuePace;
  readonly handle: HandleJob;
  readonly clock?: ConstructorOptions['clock'] | undefined;
};

export type MailQueue = {
  /** Schedules an attempt at a mail; a job that waits already is moved, never doubled. */
  put(key: MailKey, inMs: number): Promise<void>;
  /** For a mail that is queued again. */
  removeDeadLetter(key: MailKey): Promise<void>;
  deadLetters(): Promise<readonly DeadLetter[]>;
  /** When the queue was created: a newer one holds none of the jobs. Rejects without one. */
  madeAt(): Promise<string>;
  /** Lets running attempts finish within the timeout. */
  stop(timeoutMs: number): Promise<void>;
};

export type DeadLetter = MailKey & { readonly reason: string; readonly since: string };

export async function startQueue({ databaseUrl, logger, pace, handle, clock }: QueueOptions): Promise<MailQueue> {
  const boss = reactionBoss({
    ...{ databaseUrl, logger, clock, reaction: 'ticket-mail', max: 4, schedule: false },
    ...{ superviseSeconds: 30, onError: 'ticket_mail_queue' },
  });
  const stop = (timeoutMs: number) => stopBoss(boss, timeoutMs);
  try {
    await boss.start();
    await boss.createQueue(DEAD_LETTERS, { retentionSeconds: 365 * DAY_S });
    const retries = { retryDelay: pace.retrySeconds, retryBackoff: true, retryDelayMax: pace.maxRetrySeconds };
    await boss.createQueue(QUEUE, {
      policy: 'short', // at most one job per mail waits at a time
      deadLetter: DEAD_LETTERS,
      // When to give up is decided by the mail's age (attempt.ts), not by counting.
      retryLimit: 1_000_000,
      ...retries,
      retentionSeconds: 365 * DAY_S,
      deleteAfterSeconds: DAY_S,
      // A live process keeps its job; a dead one loses it within a minute and a half.
      expireInSeconds: DAY_S - 1,
      heartbeatSeconds: 30,
    });
    await boss.updateQueue(QUEUE, retries); // one that an earlier version has made keeps its times otherwise
    const polling = {
      ...({ includeMetadata: true, perJobResults: true } as const),
      ...{ batchSize: 5, burstWhenBatchFull: true },
      ...{ localConcurrency: pace.concurrency, pollingIntervalSeconds: pace.pollSeconds },
    };
    await boss.work<MailKey, unknown, typeof polling>(QUEUE, polling, (jobs) =>
      Promise.all(
        jobs.map(async ({ id, data, createdOn }) => {
          const result = await handle(data, { createdAt: createdOn.getTime() });
          const status = ({ done: 'completed', retry: 'failed', dead: 'deadletter' } as const)[result.word];
          return { id, status, output: 'reason' in result ? { reason: result.reason } : {} };
        }),
      ),
    );
  } catch (error) {
    await stop(0);
    throw error;
  }
  return {
    async put(key, inMs) {
      const { tenantId, callId, opening } = key;
      const startAfter = Math.max(0, Math.ceil(inMs / 1000));
      await boss.upsert(QUEUE, { tenantId, callId, opening }, { singletonKey: mailName(key), startAfter });
    },
    async removeDeadLetter({ tenantId, callId, opening }) {
      const dead = await boss.findJobs<MailKey>(DEAD_LETTERS, { data: { tenantId, callId, opening } });
      if (dead.length > 0)
        await boss.deleteJob(
          DEAD_LETTERS,
          dead.map(({ id }) => id),
        );
    },
    deadLetters: () => deadLettersIn(boss),
    async madeAt() {
      const queue = await boss.getQueue(QUEUE);
      if (!queue) throw new Error('the queue of ticket mails is gone');
      return queue.createdOn.toISOString();
    },
    stop,
  };
}

async function deadLettersIn(boss: PgBoss): Promise<readonly DeadLetter[]> {
  const dead = await boss.findJobs<MailKey>(DEAD_LETTERS, { queued: true });
  return dead
    .map(({ data, createdOn, sourceOutput }) => ({
      ...data,
      reason: String((sourceOutput as { reason?: unknown } | null)?.reason ?? 'unknown'),
      since: createdOn.toISOString(),
    }))
    .sort((a, b) => (a.since < b.since ? -1 : 1));
}
