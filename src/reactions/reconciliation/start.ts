import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely, PostgresDialect } from 'kysely';
import { connect } from '../../projections/engine/connection.ts';
import { pacer } from '../../retell/list-calls.ts';
import { giveLeadBack, takeLead, wordsOf } from '../reaction.ts';
import { silences, type WebhookSilence } from './records.ts';
import { type Run, type RunOptions, type RunReport, shown, usualPace } from './run.ts';
import { type ReconciliationOptions, runAll } from './run-all.ts';
import { openPool, startSchedule } from './schedule.ts';

export type ReconciliationStatus = {
  /** `waiting`: Postgres or the event store is away. */
  readonly state: 'waiting' | 'idle' | 'running';
  /** Of this process: the run under way, and the last one. */
  readonly run?: RunReport;
  readonly last?: RunReport;
  readonly silent: readonly WebhookSilence[];
  /** Since the process started. */
  readonly recorded: number;
  readonly failedRuns: number;
};

export type Reconciliation = {
  /** Asks nobody, so it may be called at any rate. */
  status(): ReconciliationStatus;
  /** `busy`: a run is under way, here or in another process. Else it has begun; its end never rejects. */
  begin(options?: RunOptions): Promise<'busy' | { readonly ended: Promise<RunReport> }>;
  /** A run from beginning to end. */
  runNow(options?: RunOptions): Promise<RunReport | 'busy'>;
  stop(): Promise<void>;
};

const BACK_OFF_MS = [250, 1000, 5000, 15_000] as const;

/** Reconciles at intervals, one process at a time. Never throws: a store that is away is waited for. */
export function startReconciliation(options: ReconciliationOptions): Reconciliation {
  const { databaseUrl, logger, everyMinutes } = options;
  const pace = { ...usualPace, ...options.pace };
  const stopped = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stopped.signal]) : stopped.signal;
  const requests = pacer(pace.requestsPerSecond);
  const pool = openPool(databaseUrl, logger);
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  const state: { run: Run | undefined; last: RunReport | undefined; silent: readonly WebhookSilence[] } = {
    ...{ run: undefined, last: undefined, silent: [] },
  };
  let [ready, recorded, failedRuns] = [options.scheduled === false, 0, 0];
  const underWay = new Set<Promise<unknown>>();

  /** Of calls whose webhooks should have come by now. */
  function silent(): Promise<readonly WebhookSilence[]> {
    const { tenants, retellApiKeyOf, afterMinutes, now = Date.now } = options;
    const to = now() - afterMinutes * 60_000;
    return silences(db, tenants, retellApiKeyOf, { from: to - pace.overlapMs, to });
  }

  async function settleRequests({ to }: RunOptions, ends: AbortSignal) {
    if (to !== undefined) return undefined; // a backfill is of a period that is over
    return options.settleRequests?.(ends).catch((error: unknown) => {
      logger.warn({ error: wordsOf(error) }, 'open_requests_not_settled');
      return undefined;
    });
  }

  async function begin(what: RunOptions = {}): Promise<'busy' | { readonly ended: Promise<RunReport> }> {
    signal.throwIfAborted();
    const lock = await connect(databaseUrl, 'reconciliation lead');
    try {
      if (!(await takeLead(lock.db, 'reconciliation'))) {
        await lock[Symbol.asyncDispose]();
        return 'busy';
      }
    } catch (error) {
      await lock[Symbol.asyncDispose]();
      throw error;
    }
    const run: Run = { startedAt: new Date().toISOString(), tenants: [] };
    state.run = run;
    const ended = (async () => {
      try {
        const ends = AbortSignal.any([signal, lock.lost]);
        // Beside the rest: it waits for lists to show a call.
        const settling = settleRequests(what, ends).then((requests) => {
          if (requests) run.requests = requests;
        });
        await runAll(options, what, { run, pace, requests, db, signal: ends }).finally(() => settling);
        state.silent = await silent().catch(() => state.silent);
      } catch (error) {
        failedRuns++;
        run.error = wordsOf(error);
        if (!signal.aborted) logger.warn({ error: run.error }, 'reconciliation_interrupted');
      } finally {
        await giveLeadBack(lock.db, 'reconciliation');
        await lock[Symbol.asyncDispose]();
      }
      const report = { ...shown(run), endedAt: new Date().toISOString() };
      recorded += report.tenants.reduce((sum, tenant) => sum + tenant.recorded, 0);
      state.last = report;
      if (state.run === run) state.run = undefined;
      return report;
    })();
    underWay.add(ended);
    void ended.finally(() => underWay.delete(ended));
    return { ended };
  }

  const runNow = async (what?: RunOptions) => {
    const begun = await begin(what);
    return begun === 'busy' ? 'busy' : begun.ended;
  };

  const scheduling = (async () => {
    if (options.scheduled === false) return undefined;
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        const run = async () => {
          const report = await runNow();
          if (report !== 'busy' && report.error !== undefined) throw new Error(report.error); // tried again soon
        };
        const schedule = await startSchedule({ databaseUrl, everyMinutes, logger, run, clock: options.clock });
        ready = true;
        return schedule;
      } catch (error) {
        const retryInMs = BACK_OFF_MS[Math.min(failures, BACK_OFF_MS.length - 1)]!;
        logger.warn({ error: wordsOf(error), retryInMs }, 'reconciliation_waits');
        await sleep(retryInMs, undefined, { signal }).catch(() => {});
      }
    }
    return undefined;
  })();

  return {
    status: () => ({
      state: state.run ? 'running' : ready ? 'idle' : 'waiting',
      ...(state.run && { run: shown(state.run) }),
      ...(state.last && { last: state.last }),
      ...{ silent: state.silent, recorded, failedRuns },
    }),
    begin,
    runNow,
    async stop() {
      stopped.abort();
      const schedule = await scheduling;
      await Promise.allSettled(underWay);
      await schedule?.stop(pace.stopMs);
      await db.destroy();
    },
  };
}
