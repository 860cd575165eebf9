import type { Logger } from 'pino';
import type { Tenant } from '../../commands/tenants/tenant.ts';
import type { Recorder } from '../../commands/webhooks/record.ts';
import type { EventLog } from '../../events/event-log.ts';
import type { RetellCalls } from '../../retell/list-calls.ts';
import type { Owner } from '../../retell/translate.ts';
import type { Records } from './records.ts';
import type { Progress } from './report.ts';

// What the steps of a run have at hand.

export type RunOptions = {
  /** Absent: every tenant. */
  readonly tenant?: string | undefined;
  /** Lists are read from there (ms), and nothing is put off: an operator asks. Absent: from where the last run ended. */
  readonly since?: number | undefined;
  /** With `since`: a backfill of that period alone, which goes on where it was interrupted. */
  readonly to?: number | undefined;
};

export type Times = {
  readonly afterMs: number;
  readonly everyMs: number;
  /** Lists are read again from so long before the end of the last reading. */
  readonly overlapMs: number;
  /** A window is read in slices of at most this, each remembered when it is through. */
  readonly sliceMs: number;
  readonly analysisAwaitedMs: number;
  /** A call that is under way for so long is stuck at Retell. */
  readonly stuckAfterMs: number;
};

export type TenantRun = {
  /** As its settings are at the moment. */
  readonly tenant: Tenant;
  readonly owner: Owner;
  /** The other tenants under the same Retell key: what is listed may be theirs. */
  readonly sharing: readonly Tenant[];
  readonly retell: RetellCalls;
  readonly records: Records;
  readonly log: EventLog;
  readonly recorder: Pick<Recorder, 'record'>;
  readonly times: Times;
  readonly concurrency: number;
  readonly pageSize: number;
  /** When this tenant's part of the run has to be over, as `performance.now()` counts. */
  readonly deadline: number;
  readonly now: () => number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly report: Progress;
};
