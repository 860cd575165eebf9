import type { Logger } from 'pino';
import type { RunReport } from './run.ts';

export type Failure =
  | 'refused'
  | 'rate_limited'
  | 'server_error'
  | 'no_answer'
  | 'unreadable'
  | 'out_of_time'
  | 'error';
/** How often a tenant's part of a run failed, since the process started. */
export type Failures = { [failure in Failure]?: number };

/** The kind of a failure, for a label of a metric; its cause is in the report and in the log. */
export function failureOf(cause: string): Failure {
  if (cause === 'status_429') return 'rate_limited';
  if (/^(no_answer|calls_not_answered|status_408)$/.test(cause)) return 'no_answer';
  if (/^(status_4\d\d|no_such_list)$/.test(cause)) return 'refused';
  if (/^status_5\d\d$/.test(cause)) return 'server_error';
  if (/^(answer|list|page|item)_\w+$/.test(cause)) return 'unreadable';
  return cause === 'out_of_time' ? 'out_of_time' : 'error';
}

/** Counts the tenants that a run could not read whole, and logs one line for all of them. */
export function recordFailures({ tenants }: RunReport, failures: Failures, logger: Logger): void {
  const causes: Record<string, string> = {};
  for (const { tenantId, cause } of tenants) {
    if (cause === undefined) continue;
    causes[tenantId] = cause;
    const failure = failureOf(cause);
    failures[failure] = (failures[failure] ?? 0) + 1;
  }
  const failed = Object.keys(causes).length;
  if (failed > 0) logger.warn({ event: 'reconciled', tenants: tenants.length, failed, causes }, 'reconciliation');
}
