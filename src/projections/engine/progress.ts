import type { Logger } from 'pino';
import type { EventLog } from '../../events/event-log.ts';
import type { BatchResult } from './apply.ts';
import type { Generation, GenerationState } from './generations.ts';
import type { Lag } from './lag.ts';

export type RunnerOptions = {
  readonly log: EventLog;
  readonly databaseUrl: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Events folded in one transaction at most. */
  readonly maxBatch?: number;
  /** More broken streams than this hold up a generation that is built. */
  readonly maxParked?: number | undefined;
  /** How often a process that does not lead tries to. */
  readonly standbyMs?: number;
  /** How long the leader's connection may be silent before the lead is taken from it. */
  readonly frozenAfterMs?: number;
  /** How long views may show a version that no process leads, before a process that leads another takes them back. */
  readonly takeBackAfterMs?: number;
  /** How long a subscription may deliver nothing while the log has events for it. */
  readonly silentAfterMs?: number;
  /** Called after each step, for whatever waits for one. */
  readonly onProgress?: () => void;
};

/** How far a runner is; its status is derived from this when asked for. */
export type Progress = {
  /** The one that the views show; another is being built beside it when `building` is there. */
  live?: Generation;
  building?: Generation;
  leader: boolean;
  /** Greatest position known of events that concern the projection. */
  head?: bigint;
  /** Events received and not applied. */
  pending: number;
  /** When the first of them was recorded: ISO time. */
  since?: string;
  /** As of the last look at the end of the log, which also shows what the subscription has not delivered. */
  lag?: Lag;
  /** The live generation was read from what the log has no more, as of the last look. */
  isStale: boolean;
  /** The end of the log has not been read yet, or the last looks at it failed. */
  lagUnknown: boolean;
  /** Since when the subscription is asked for events and delivers none, as `performance.now()`. */
  askedAt?: number;
  /** Since when the log is seen to hold more than the subscription has delivered, likewise. */
  waitsSince?: number;
  caughtUp: boolean;
  /** Streams of the live generation. */
  parked: number;
  /** Events since the start of this process: applied, of a type that this version does not know, of parked streams. */
  applied: number;
  passedOver: number;
  parkedEvents: number;
  error?: string;
  /** How many streams break in what is built, when an operator has to decide. */
  heldUpBy?: number;
};

export const newProgress = (): Progress => ({
  leader: false,
  pending: 0,
  isStale: false,
  lagUnknown: true,
  caughtUp: false,
  parked: 0,
  applied: 0,
  passedOver: 0,
  parkedEvents: 0,
});

/** Undefined: the end of the log could not be read. */
export function observeLag(progress: Progress, lag: Lag | undefined): void {
  progress.lagUnknown = lag === undefined;
  if (lag) progress.lag = lag;
}

/** `GET /api/projections`, health and metrics. Positions as text: they exceed what a JavaScript number holds. */
export type ProjectionStatus = {
  readonly name: string;
  readonly version: number;
  readonly generation: number | null;
  readonly state: GenerationState | 'starting';
  readonly leader: boolean;
  readonly checkpoint: string | null;
  readonly head: string | null;
  /** Null: the log cannot be read. */
  readonly lagEvents: number | null;
  readonly lagSeconds: number | null;
  readonly caughtUp: boolean;
  /** What is shown is not the fold of this log: it was restored to an earlier state, or is another one. */
  readonly stale?: true;
  readonly passedOver: number;
  /** Streams that wait because a fact of theirs breaks. */
  readonly parked: number;
  /** Events that this process has processed since its start. */
  readonly events: { readonly applied: number; readonly unknown: number; readonly parked: number };
  /** In positions of the log. */
  readonly building?: { readonly generation: number; readonly done: number; readonly total: number };
  readonly error?: string;
  /** How many streams break in the generation that is built, when it waits for an operator. */
  readonly heldUpBy?: number;
};

/** Behind by less is busy, not late: under load there is always something to apply. */
export const LATE_AFTER_SECONDS = 10;

export function statusOf(name: string, version: number, progress: Progress, now: number): ProjectionStatus {
  const { live, building, leader, head, caughtUp, parked, passedOver, error, heldUpBy } = progress;
  const serves = live !== undefined && building === undefined;
  const lag = lagOf(progress);
  const lagSeconds = lag.since === undefined ? 0 : Math.max(0, (now - Date.parse(lag.since)) / 1000);
  return {
    name,
    version: live?.version ?? version,
    generation: live?.generation ?? null,
    state: live?.state ?? 'starting',
    leader,
    checkpoint: text(live?.checkpoint),
    head: text(greatest(head, progress.lag?.head, live?.checkpoint)),
    lagEvents: progress.lagUnknown ? null : lag.events,
    lagSeconds: progress.lagUnknown ? null : lagSeconds,
    caughtUp: serves && caughtUp && !progress.isStale && lagSeconds < LATE_AFTER_SECONDS,
    ...(progress.isStale && { stale: true }),
    passedOver,
    parked,
    events: { applied: progress.applied, unknown: passedOver, parked: progress.parkedEvents },
    ...(building
      ? {
          building: {
            generation: building.generation,
            done: Number(building.checkpoint ?? 0n),
            total: Number(greatest(head, progress.lag?.head, live?.checkpoint, building.checkpoint) ?? 0n),
          },
        }
      : {}),
    ...(error === undefined ? {} : { error }),
    ...(heldUpBy === undefined ? {} : { heldUpBy }),
  };
}

/** How far behind the log is what the views show, in seconds; null: unknown. */
export function lagOfViews(statuses: readonly ProjectionStatus[]): number | null {
  const lags = statuses.map(({ lagSeconds }) => lagSeconds);
  return lags.reduce((most, lag) => (most === null || lag === null ? null : Math.max(most, lag)), 0);
}

/** What is received and not applied; or more, where the end of the log shows it. */
function lagOf({ live, pending, since, lag }: Progress): {
  readonly events: number;
  readonly since: string | undefined;
} {
  const seen = lag?.head !== undefined && lag.head > (live?.checkpoint ?? -1n) ? lag : undefined;
  const earliest = [pending > 0 ? since : undefined, seen?.since].filter((at) => at !== undefined).sort()[0];
  return { events: Math.max(pending, seen?.events ?? 0), since: earliest };
}

const greatest = (...positions: readonly (bigint | undefined)[]): bigint | undefined =>
  positions.reduce((max, position) =>
    position !== undefined && (max === undefined || position > max) ? position : max,
  );

const text = (position: bigint | undefined): string | null => (position === undefined ? null : `${position}`);

/** `own`: the one that this version writes; `live`: the one that the views show. */
export function setGenerations(progress: Progress, own: Generation | undefined, live: Generation | undefined): void {
  if (live && live.generation !== progress.live?.generation) progress.isStale = false;
  if (live) progress.live = live;
  if (own?.state === 'building') progress.building = own;
  else delete progress.building;
}

/** Counts a committed batch of the leader's. `parked`: streams, after it. */
export function recordBatch(progress: Progress, result: BatchResult, parked: number): void {
  progress.pending = 0;
  progress.parked = parked;
  progress.applied += result.applied;
  progress.passedOver += result.unknown;
  progress.parkedEvents += result.parked;
}

/** Live, events arrive within milliseconds. */
const SILENT_AFTER_MS = 10_000;

/**
 * Whether the subscription has gone silent: for this long it was asked for events, and the log held one that it did not
 * deliver. `now`: as `performance.now()`.
 */
export function observeSilence(progress: Progress, lag: Lag, now: number, afterMs = SILENT_AFTER_MS): boolean {
  const { askedAt, head, live } = progress;
  if (lag.head === undefined || lag.head <= (head ?? live?.checkpoint ?? -1n)) {
    delete progress.waitsSince;
    return false;
  }
  progress.waitsSince ??= now;
  return askedAt !== undefined && now - Math.max(askedAt, progress.waitsSince) >= afterMs;
}
