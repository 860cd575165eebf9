import { Kysely, PostgresDialect } from 'kysely';
import { stoppable, supervise } from '../../events/waiting.ts';
import { type Connection, connect } from '../../postgres/connection.ts';
import { safeErrorMessage } from '../../postgres/errors.ts';
import { tryLock, unlock } from '../../postgres/mutex.ts';
import { createPool } from '../../postgres/pool.ts';
import { type Pacer, pacer } from '../../retell/list-calls.ts';
import { prepareTables } from '../migrations.ts';
import { mutexOf } from '../reaction.ts';
import { type Failures, recordFailures } from './failures.ts';
import { silences, type WebhookSilence } from './records.ts';
import { type Pace, type Run, type RunOptions, type RunReport, shown, usualPace } from './run.ts';
import { type ReconciliationOptions, runAll } from './run-all.ts';
import { type Schedule, startSchedule } from './schedule.ts';
import { lastReadWhole, type ReadWhole } from './sweeps.ts';

export type ReconciliationStatus = {
  /** `waiting`: Postgres or the event store is away. */
  readonly state: 'waiting' | 'idle' | 'running';
  /** Of this process: the run under way, and the last one. */
  readonly run?: RunReport;
  readonly last?: RunReport;
  readonly silent: readonly WebhookSilence[];
  /** As of the end of this process's last run. */
  readonly readWhole: readonly ReadWhole[];
  readonly failures: Readonly<Failures>;
  /** Since the process started. */
  readonly recorded: number;
  readonly failedRuns: number;
};

export type Reconciliation = {
  /** Reads memory only, so it may be called at any rate. */
  status(): ReconciliationStatus;
  /** `busy`: a run is under way, here or in another process. Else it has begun; its end never rejects. */
  begin(options?: RunOptions): Promise<'busy' | { readonly ended: Promise<RunReport> }>;
  /** A run from beginning to end. */
  runNow(options?: RunOptions): Promise<RunReport | 'busy'>;
  stop(): Promise<void>;
};

const BACK_OFF_MS = [250, 1000, 5000, 15_000] as const;

/** What the runs of this process share. */
type Running = {
  readonly options: ReconciliationOptions;
  readonly pace: Pace;
  readonly signal: AbortSignal;
  readonly requests: Pacer;
  readonly db: Kysely<unknown>;
  readonly underWay: Set<Promise<unknown>>;
  ready: boolean;
  run: Run | undefined;
  last: RunReport | undefined;
  silent: readonly WebhookSilence[];
  readWhole: readonly ReadWhole[];
  readonly failures: Failures;
  recorded: number;
  failedRuns: number;
};

/** Reconciles at intervals, one process at a time. Never throws: a store that is away is waited for. */
export function startReconciliation(options: ReconciliationOptions): Reconciliation {
  const { databaseUrl, logger } = options;
  const pace = { ...usualPace, ...options.pace };
  const { signal, stop } = stoppable(options.signal);
  const pool = createPool(databaseUrl, {
    ...{ name: 'reconciliation', max: 4, statementMs: 60_000 },
    onLost: (error) => logger.warn({ error: safeErrorMessage(error) }, 'reconciliation_connection_lost'),
  });
  const running: Running = {
    ...{
      options,
      pace,
      signal,
      requests: pacer(pace.requestsPerSecond),
      db: new Kysely({ dialect: new PostgresDialect({ pool }) }),
    },
    ...{ underWay: new Set(), ready: options.scheduled === false },
    ...{ run: undefined, last: undefined, silent: [], readWhole: [], failures: {}, recorded: 0, failedRuns: 0 },
  };
  const scheduling = options.scheduled === false ? undefined : scheduleRuns(running);
  return {
    status: () => statusOf(running),
    begin: (what) => beginRun(running, what),
    runNow: (what) => runToItsEnd(running, what),
    async stop() {
      stop();
      const schedule = await scheduling;
      await Promise.allSettled(running.underWay);
      await schedule?.stop(pace.stopMs);
      await running.db.destroy();
    },
  };
}

const statusOf = ({ run, last, ready, ...running }: Running): ReconciliationStatus => ({
  state: run ? 'running' : ready ? 'idle' : 'waiting',
  ...(run && { run: shown(run) }),
  ...(last && { last }),
  ...{ silent: running.silent, readWhole: running.readWhole, failures: { ...running.failures } },
  ...{ recorded: running.recorded, failedRuns: running.failedRuns },
});

async function scheduleRuns(running: Running): Promise<Schedule | undefined> {
  const { databaseUrl, everyMinutes, logger, clock } = running.options;
  let schedule: Schedule | undefined;
  const run = async () => {
    const report = await runToItsEnd(running);
    if (report !== 'busy' && report.error !== undefined) throw new Error(report.error); // so that the queue retries soon
  };
  const start = async () => {
    schedule = await startSchedule({ databaseUrl, everyMinutes, logger, run, clock });
    running.ready = true;
  };
  await supervise(start, {
    ...{ signal: running.signal, backOffMs: BACK_OFF_MS },
    onFailure: (error, retryInMs) => logger.warn({ error: safeErrorMessage(error), retryInMs }, 'reconciliation_waits'),
  });
  return schedule;
}

async function runToItsEnd(running: Running, what?: RunOptions): Promise<RunReport | 'busy'> {
  const begun = await beginRun(running, what);
  return begun === 'busy' ? 'busy' : begun.ended;
}

async function beginRun(running: Running, what: RunOptions = {}) {
  running.signal.throwIfAborted();
  const lock = await lockRuns(running.options.databaseUrl);
  if (!lock) return 'busy';
  const run: Run = { startedAt: new Date().toISOString(), tenants: [] };
  running.run = run;
  const ended = carryOut(running, run, what, lock);
  running.underWay.add(ended);
  void ended.finally(() => running.underWay.delete(ended));
  return { ended };
}

/** The connection that holds the lock; undefined: another run has it. */
async function lockRuns(databaseUrl: string): Promise<Connection | undefined> {
  const lock = await connect(databaseUrl, 'reconciliation lead');
  let leads = false;
  try {
    leads = await tryLock(lock.db, mutexOf('reconciliation'));
  } finally {
    if (!leads) await lock[Symbol.asyncDispose]();
  }
  return leads ? lock : undefined;
}

/** Never rejects: what ends a run early is in its report. */
async function carryOut(running: Running, run: Run, what: RunOptions, lock: Connection): Promise<RunReport> {
  const { options, pace, requests, db } = running;
  try {
    const signal = AbortSignal.any([running.signal, lock.lost]);
    // Alongside the lists: it waits until Retell's lists show a call.
    const settling = settleRequests(options, what, signal).then((requests) => {
      if (requests) run.requests = requests;
    });
    await prepareTables(lock.db)
      .then(() => runAll(options, what, { run, pace, requests, db, signal }))
      .finally(() => settling);
    running.silent = await silentTenants(running).catch(() => running.silent);
    const isAsked = (tenantId: string) => options.retellApiKeyOf(tenantId) !== undefined;
    running.readWhole = await lastReadWhole(db, isAsked).catch(() => running.readWhole);
  } catch (error) {
    running.failedRuns++;
    run.error = safeErrorMessage(error);
    if (!running.signal.aborted) options.logger.warn({ error: run.error }, 'reconciliation_interrupted');
  } finally {
    await unlock(lock.db, mutexOf('reconciliation'));
    await lock[Symbol.asyncDispose]();
  }
  const report = { ...shown(run), endedAt: new Date().toISOString() };
  if (!running.signal.aborted) recordFailures(report, running.failures, options.logger);
  running.recorded += report.tenants.reduce((sum, tenant) => sum + tenant.recorded, 0);
  running.last = report;
  if (running.run === run) running.run = undefined;
  return report;
}

async function settleRequests(options: ReconciliationOptions, { to }: RunOptions, signal: AbortSignal) {
  if (to !== undefined) return undefined; // a backfill is of a period that is over
  return options.settleRequests?.(signal).catch((error: unknown) => {
    options.logger.warn({ error: safeErrorMessage(error) }, 'open_requests_not_settled');
    return undefined;
  });
}

/** Tenants with calls whose webhooks should have come by now, and did not. */
function silentTenants({ options, pace, db }: Running): Promise<readonly WebhookSilence[]> {
  const { tenants, retellApiKeyOf, afterMinutes, now = Date.now } = options;
  const to = now() - afterMinutes * 60_000;
  return silences(db, tenants, retellApiKeyOf, { from: to - pace.overlapMs, to });
}
