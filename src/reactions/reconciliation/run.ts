import type { Logger } from 'pino';
import type { Settled } from '../../commands/calls/look-for-call.ts';
import type { Recorder } from '../../commands/webhooks/record.ts';
import type { EventLog } from '../../events/event-log.ts';
import type { RequestPace, RetellCalls } from '../../retell/list-calls.ts';
import type { Owner } from '../../retell/translate.ts';
import type { Tenant } from '../../tenants/tenant.ts';
import type { Records } from './records.ts';

export type TenantReport = {
  readonly tenantId: string;
  /** `lists`, `calls`, `done`; `no_key`: Retell cannot be asked; `later`: not completed, because of `cause`. */
  readonly phase: 'lists' | 'calls' | 'done' | 'no_key' | 'later';
  readonly cause?: string;
  /** Calls in lists; calls that had to be asked for, and how many of them are done. */
  readonly listed: number;
  readonly total: number;
  readonly done: number;
  readonly recorded: number;
  readonly duplicates: number;
  /** Closed without an analysis, 24 hours after their end. */
  readonly closed: number;
  readonly goingOn: number;
  /** Under way at Retell for longer than a call can be. */
  readonly stuck: number;
  /** Put off until a later run. */
  readonly waiting: number;
  readonly unknown: number;
  readonly later: number;
  readonly unreadable: number;
};
type Progress = { -readonly [K in keyof TenantReport]: TenantReport[K] };

export const emptyReport = (tenantId: string): Progress => ({
  ...{ tenantId, phase: 'lists', listed: 0, total: 0, done: 0, recorded: 0, duplicates: 0 },
  ...{ closed: 0, goingOn: 0, stuck: 0, waiting: 0, unknown: 0, later: 0, unreadable: 0 },
});

export type RunReport = {
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly tenants: readonly TenantReport[];
  /** What became of requested calls without an answer that this run has looked for. */
  readonly requests?: Readonly<Record<Settled, number>>;
  /** Why it was interrupted. */
  readonly error?: string;
};

/** A run under way. */
export type Run = {
  readonly startedAt: string;
  tenants: Progress[];
  requests?: Readonly<Record<Settled, number>>;
  error?: string;
};

export const shown = ({ startedAt, tenants, requests, error }: Run): RunReport => ({
  startedAt,
  tenants: tenants.map((tenant) => ({ ...tenant })),
  ...(requests && { requests }),
  ...(error !== undefined && { error }),
});

export type RunOptions = {
  /** Absent: every tenant. */
  readonly tenant?: string | undefined;
  /** An operator's: lists are read from there (ms), and nothing is put off. Absent: from the end of the last run. */
  readonly since?: number | undefined;
  /** With `since`: a backfill of that period only, which continues after an interruption. */
  readonly to?: number | undefined;
};

type Times = {
  readonly afterMs: number;
  readonly everyMs: number;
  /** Lists are read again from this long before the end of the last reading. */
  readonly overlapMs: number;
  /** A window is read in slices of at most this, each recorded when it is done. */
  readonly sliceMs: number;
  readonly analysisAwaitedMs: number;
  /** A call that is under way for longer is stuck at Retell. */
  readonly stuckAfterMs: number;
};

export type TenantRun = {
  /** With its current settings. */
  readonly tenant: Tenant;
  readonly owner: Owner;
  /** The other tenants under the same Retell key, whose calls are in the same lists. */
  readonly sharing: readonly Tenant[];
  readonly retell: RetellCalls;
  readonly records: Records;
  readonly log: EventLog;
  readonly recorder: Pick<Recorder, 'record'>;
  readonly times: Times;
  readonly concurrency: number;
  readonly pageSize: number;
  /** When this tenant's part of the run has to be over, as `performance.now()`. */
  readonly deadline: number;
  readonly now: () => number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly report: Progress;
};

export type Pace = RequestPace &
  Pick<Times, 'overlapMs' | 'sliceMs' | 'analysisAwaitedMs' | 'stuckAfterMs'> & {
    readonly pageSize: number;
    /** Requests to Retell, of all tenants together. */
    readonly requestsPerSecond: number;
    /** Calls under way at once, of one tenant; and tenants at once. */
    readonly concurrency: number;
    readonly tenantsAtOnce: number;
    /** How long a tenant's part of a run may take. */
    readonly tenantMs: number;
    readonly stopMs: number;
  };

/** Retell publishes no limit; this leaves room for placing calls. */
export const usualPace: Pace = {
  requestsPerSecond: 5,
  concurrency: 4,
  tenantsAtOnce: 4,
  tenantMs: 2 * 3_600_000,
  timeoutMs: 30_000,
  attempts: 3,
  backOffMs: 500,
  maxWaitMs: 60_000,
  pageSize: 1000,
  overlapMs: 2 * 3_600_000,
  sliceMs: 24 * 3_600_000,
  analysisAwaitedMs: 24 * 3_600_000,
  // A day more than Retell lets a call last (max_call_duration_ms: two hours).
  stuckAfterMs: 26 * 3_600_000,
  stopMs: 8000,
};
