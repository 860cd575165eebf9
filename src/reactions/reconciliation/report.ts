import type { Settled } from '../../commands/calls/look-for-call.ts';

export type TenantReport = {
  readonly tenantId: string;
  /**
   * `lists`, then `calls`, then `done`; `no_key`: nobody can be asked; `later`: something could not be read to its end,
   * and `cause` says why.
   */
  readonly phase: 'lists' | 'calls' | 'done' | 'no_key' | 'later';
  readonly cause?: string;
  /** Calls in lists; calls that had to be asked for, and those of them that are through. */
  readonly listed: number;
  readonly total: number;
  readonly done: number;
  readonly recorded: number;
  readonly duplicates: number;
  /** Closed without an analysis, 24 hours after their end. */
  readonly closed: number;
  readonly goingOn: number;
  /** Under way at Retell for longer than a call can be, whether or not they were asked for now. */
  readonly stuck: number;
  /** Put off until a later run: asked for without an end of it, now or before. */
  readonly waiting: number;
  readonly unknown: number;
  readonly later: number;
  readonly unreadable: number;
};
export type Progress = { -readonly [K in keyof TenantReport]: TenantReport[K] };

export const emptyReport = (tenantId: string): Progress => ({
  ...{ tenantId, phase: 'lists', listed: 0, total: 0, done: 0, recorded: 0, duplicates: 0 },
  ...{ closed: 0, goingOn: 0, stuck: 0, waiting: 0, unknown: 0, later: 0, unreadable: 0 },
});

export type RunReport = {
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly tenants: readonly TenantReport[];
  /** What became of calls that were asked for and not answered for: those that this run has looked for. */
  readonly requests?: Readonly<Record<Settled, number>>;
  /** Why it ended before its end. */
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
