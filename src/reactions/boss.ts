import { setTimeout as sleep } from 'node:timers/promises';
import { type ConstructorOptions, PgBoss } from 'pg-boss';
import type { Logger } from 'pino';
import { safeErrorMessage } from '../postgres/errors.ts';
import { sessionClient } from '../postgres/session.ts';

/** Of pg-boss's tables. They only schedule: what became of a mail or a message is elsewhere. */
const SCHEMA = 'pgboss';

type BossOptions = {
  readonly databaseUrl: string;
  readonly reaction: string;
  /** Connections at most. */
  readonly max: number;
  /** How often the heartbeats of jobs, and the queues, are looked at. */
  readonly superviseSeconds: number;
  /** Whether jobs are put by a clock. */
  readonly schedule: boolean;
  readonly logger: Logger;
  /** The line of the log that says of an error. */
  readonly onError: string;
  /** Where a test moves the time. */
  readonly clock?: ConstructorOptions['clock'] | undefined;
};

/** The queues of a reaction, not started yet; errors between its calls are logged. */
export function reactionBoss({
  databaseUrl,
  reaction,
  superviseSeconds,
  logger,
  onError,
  clock,
  ...rest
}: BossOptions) {
  const boss = new PgBoss({
    ...{ Client: sessionClient(databaseUrl) },
    ...rest,
    schema: SCHEMA,
    application_name: `call-ledger ${reaction} queue`,
    connectionTimeoutMillis: 5000,
    // An error of LISTEN's connection can go unhandled and would end this process.
    useListenNotify: false,
    superviseIntervalSeconds: superviseSeconds,
    monitorIntervalSeconds: superviseSeconds,
    reindex: false,
    ...(clock && { clock }),
  });
  boss.on('error', (error) => logger.warn({ error: safeErrorMessage(error) }, onError));
  return boss;
}

/** Lets jobs finish within the timeout; a Postgres that is away is waited for a second longer. Never rejects. */
export async function stopBoss(boss: PgBoss, timeoutMs: number): Promise<void> {
  const stopped = boss.stop({ graceful: timeoutMs > 0, timeout: Math.max(timeoutMs, 1) }).catch(() => {});
  await Promise.race([stopped, sleep(timeoutMs + 1000, undefined, { ref: false })]);
}
