import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import type { Logger } from 'pino';
import type { TenantDirectory } from '../../commands/tenants/tenant.ts';
import type { Recorder } from '../../commands/webhooks/record.ts';
import type { EventLog } from '../../events/event-log.ts';
import { connect } from '../../projections/runtime/connection.ts';
import { wordsOf } from '../ticket-mail/words-of.ts';
import { pacer } from './pacer.ts';
import { prepareTables, recordsOf } from './records.ts';
import { type RequestPace, retellCalls } from './retell-calls.ts';
import { startSchedule } from './schedule.ts';
import {
  emptyReport,
  type Progress,
  type RunOptions,
  reconcileTenant,
  type TenantReport,
  type Times,
} from './tenant-run.ts';

export type ReconciliationOptions = {
  readonly log: EventLog;
  readonly tenants: TenantDirectory;
  readonly databaseUrl: string;
  /** Default: Retell's own address. */
  readonly retellBaseUrl?: string | undefined;
  /** Undefined: this tenant's calls cannot be asked for. */
  readonly retellApiKeyOf: (tenantId: string) => string | undefined;
  readonly everyMinutes: number;
  readonly afterMinutes: number;
  /** The way to the log that the webhooks take. */
  readonly recorder: Pick<Recorder, 'record'>;
  readonly logger: Logger;
  /** Ends it, as `stop()` does. */
  readonly signal?: AbortSignal;
  readonly now?: () => number;
  readonly pace?: Partial<Pace>;
  /** `false`: runs only when told to. */
  readonly scheduled?: boolean;
};

export type Pace = RequestPace &
  Pick<Times, 'overlapMs' | 'sliceMs' | 'analysisAwaitedMs'> & {
    /** Requests to Retell, of all tenants together. */
    readonly requestsPerSecond: number;
    /** Calls under way at once, of one tenant; and tenants at once. */
    readonly concurrency: number;
    readonly tenantsAtOnce: number;
    readonly stopMs: number;
  };

/** Retell publishes no limit; this leaves room for placing calls. */
export const usualPace: Pace = {
  requestsPerSecond: 5,
  concurrency: 4,
  tenantsAtOnce: 4,
  timeoutMs: 30_000,
  attempts: 3,
  backOffMs: 500,
  maxWaitMs: 60_000,
  pageSize: 1000,
  overlapMs: 2 * 3_600_000,
  sliceMs: 24 * 3_600_000,
  analysisAwaitedMs: 24 * 3_600_000,
  stopMs: 8000,
};

export type RunReport = {
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly tenants: readonly TenantReport[];
  /** Why it ended before its end. */
  readonly error?: string;
};

/** Calls go on, and no webhook comes: the agents' webhook URL, the key or the way here is broken. */
export type WebhookSilence = { readonly tenantId: string; readonly calls: number; readonly since: string };

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
/** Fewer calls without a webhook may be chance. */
const SILENT_FROM_CALLS = 3;

/** Reconciles at intervals, one process at a time. Never throws: a store that is away is waited for. */
export function startReconciliation(options: ReconciliationOptions): Reconciliation {
  const { databaseUrl, logger, everyMinutes } = options;
  const pace = { ...usualPace, ...options.pace };
  const stopped = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stopped.signal]) : stopped.signal;
  const requests = pacer(pace.requestsPerSecond);
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: 'call-ledger reconciliation',
    max: 4,
    connectionTimeoutMillis: 5000,
    statement_timeout: 60_000,
    query_timeout: 65_000,
  });
  pool.on('error', (error) => logger.warn({ error: wordsOf(error) }, 'reconciliation_connection_lost'));
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  const state: { run: Run | undefined; last: RunReport | undefined; silent: readonly WebhookSilence[] } = {
    ...{ run: undefined, last: undefined, silent: [] },
  };
  let [ready, recorded, failedRuns] = [options.scheduled === false, 0, 0];
  const underWay = new Set<Promise<unknown>>();

  async function begin(what: RunOptions = {}): Promise<'busy' | { readonly ended: Promise<RunReport> }> {
    signal.throwIfAborted();
    // The lock is the connection's: whoever dies gives it back.
    const lock = await connect(databaseUrl, 'reconciliation lead');
    try {
      const { rows } = await sql<{ leads: boolean }>`
        select pg_try_advisory_lock(hashtext('call-ledger reaction'), hashtext('reconciliation')) as leads`.execute(
        lock.db,
      );
      if (!rows[0]!.leads) {
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
        await runAll(options, what, { run, pace, requests, db, signal: AbortSignal.any([signal, lock.lost]) });
        state.silent = await silences(options, db, pace).catch(() => state.silent);
      } catch (error) {
        failedRuns++;
        run.error = wordsOf(error);
        if (!signal.aborted) logger.warn({ error: run.error }, 'reconciliation_interrupted');
      } finally {
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
        const schedule = await startSchedule({ databaseUrl, everyMinutes, logger, run });
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

type Run = { readonly startedAt: string; tenants: Progress[]; error?: string };
const shown = (run: Run): RunReport => ({ ...run, tenants: run.tenants.map((tenant) => ({ ...tenant })) });

type Under = {
  readonly run: Run;
  readonly pace: Pace;
  readonly requests: ReturnType<typeof pacer>;
  readonly db: Kysely<unknown>;
  readonly signal: AbortSignal;
};

async function runAll(options: ReconciliationOptions, what: RunOptions, under: Under): Promise<void> {
  const { tenants, log, recorder, logger, retellApiKeyOf, now = Date.now } = options;
  const { run, pace, requests, db, signal } = under;
  if (!tenants.ready()) throw new Error('the tenants are not known yet');
  await prepareTables(db);
  const all = tenants.list();
  const chosen = all.filter(({ id }) => what.tenant === undefined || id === what.tenant);
  run.tenants = chosen.map(({ id }) => emptyReport(id));
  const todo = chosen.map((tenant, i) => ({ tenant, report: run.tenants[i]! }));
  const failed: unknown[] = [];
  const worker = async () => {
    for (let next = todo.shift(); next !== undefined && !signal.aborted; next = todo.shift()) {
      const { tenant, report } = next;
      const apiKey = retellApiKeyOf(tenant.id);
      if (apiKey === undefined) {
        report.phase = 'no_key';
        continue;
      }
      const { timeoutMs, attempts, backOffMs, maxWaitMs, pageSize, concurrency } = pace;
      const { overlapMs, sliceMs, analysisAwaitedMs } = pace;
      const retell = retellCalls({
        ...{ apiKey, baseUrl: options.retellBaseUrl, pacer: requests, signal },
        pace: { timeoutMs, attempts, backOffMs, maxWaitMs, pageSize },
      });
      try {
        await reconcileTenant(
          {
            ...{ tenant, retell, log, recorder, concurrency, now, logger, signal, report },
            owner: { tenantId: tenant.id, isTenant: (name) => tenants.get(name) !== undefined },
            sharesKey: all.some(({ id }) => id !== tenant.id && retellApiKeyOf(id) === apiKey),
            records: recordsOf(db, tenant.id),
            times: {
              ...{ overlapMs, sliceMs, analysisAwaitedMs },
              afterMs: options.afterMinutes * 60_000,
              everyMs: options.everyMinutes * 60_000,
            },
          },
          what,
        );
      } catch (error) {
        // The others go on; where a store is away, they will find out too.
        report.phase = 'later';
        report.cause = wordsOf(error);
        failed.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: pace.tenantsAtOnce }, worker));
  signal.throwIfAborted();
  if (failed.length > 0) throw failed[0];
}

/** Of calls whose webhooks should have come by now. */
async function silences(
  { tenants, retellApiKeyOf, afterMinutes, now = Date.now }: ReconciliationOptions,
  db: Kysely<unknown>,
  { overlapMs }: Pace,
): Promise<readonly WebhookSilence[]> {
  const to = now() - afterMinutes * 60_000;
  const from = to - overlapMs;
  const silent: WebhookSilence[] = [];
  for (const { id } of tenants.list()) {
    if (retellApiKeyOf(id) === undefined) continue;
    const { calls, webhooks } = await recordsOf(db, id).traffic(from, to);
    if (calls >= SILENT_FROM_CALLS && webhooks === 0)
      silent.push({ tenantId: id, calls, since: new Date(from).toISOString() });
  }
  return silent;
}
