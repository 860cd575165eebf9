import type { RequestPace } from '../../retell/list-calls.ts';
import type { Times } from './run.ts';

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
