import type { Logger } from 'pino';
import type { EventLog } from '../../events/event-log.ts';
import type { Taken } from './apply.ts';
import type { Generation, GenerationState } from './generations.ts';
import type { Lag } from './lag.ts';
import type { ParkedStream } from './parked.ts';

export type RunnerOptions = {
  readonly log: EventLog;
  readonly databaseUrl: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Events folded in one transaction at most. */
  readonly maxBatch?: number;
  /** A generation that is built is held up by more streams that break than so many. */
  readonly maxParked?: number | undefined;
  /** How often one who does not lead asks whether it may. */
  readonly standbyMs?: number;
  /** For how long a subscription may hand nothing out while the log has something for it. */
  readonly silentAfterMs?: number;
  /** Called after each step, for those who wait for one. */
  readonly onProgress?: () => void;
};

/** How far a runner is; what is told of it is derived when asked for. */
export type Progress = {
  /** The one that the views show; another is being built beside it when `building` is there. */
  live?: Generation;
  building?: Generation;
  leader: boolean;
  /** Greatest position known of events that concern the projection. */
  head?: bigint;
  /** Events handed out and not applied. */
  pending: number;
  /** When the first of them was recorded: ISO time. */
  since?: string;
  /** As the end of the log was looked at last: what a subscription has not handed out is seen there. */
  lag?: Lag;
  /** Since when the subscription has been asked for more and handed nothing out, as `performance.now()`. */
  askedAt?: number;
  /** Since when the end of the log was seen to hold more than the subscription has handed out, likewise. */
  waitsSince?: number;
  caughtUp: boolean;
  /** Streams of the live generation. */
  parked: number;
  /** Events since the start of this process: applied, of a type that this version does not know, of parked streams. */
  applied: number;
  passedOver: number;
  setAside: number;
  error?: string;
  /** So many streams break in what is built that an operator has to decide. */
  heldUpBy?: number;
};

/** `GET /api/projections`, health and metrics. Positions as text: they exceed what a JavaScript number holds. */
export type ProjectionStatus = {
  readonly name: string;
  readonly version: number;
  readonly generation: number | null;
  readonly state: GenerationState | 'starting';
  readonly leader: boolean;
  readonly checkpoint: string | null;
  readonly head: string | null;
  readonly lagEvents: number;
  readonly lagSeconds: number;
  readonly caughtUp: boolean;
  readonly passedOver: number;
  /** Streams that are set aside because a fact of theirs breaks; everything else goes on. */
  readonly parked: number;
  /** Taken by this process since its start. */
  readonly taken: { readonly applied: number; readonly unknown: number; readonly parked: number };
  /** In positions of the log. */
  readonly building?: { readonly generation: number; readonly done: number; readonly total: number };
  readonly error?: string;
  /** So many streams break in the generation that is built that it waits for an operator. */
  readonly heldUpBy?: number;
};

/** Who caught up once and is behind by less is busy, not late: under load there is always something in hand. */
const LATE_AFTER_SECONDS = 10;

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
    lagEvents: lag.events,
    lagSeconds,
    caughtUp: serves && caughtUp && lagSeconds < LATE_AFTER_SECONDS,
    passedOver,
    parked,
    taken: { applied: progress.applied, unknown: passedOver, parked: progress.setAside },
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

/** What is handed out and not applied; or more, where the end of the log shows it. */
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

/** Takes note of the generation that is written and of the one that the views show. */
export function notice(progress: Progress, mine: Generation | undefined, live: Generation | undefined): void {
  if (live) progress.live = live;
  if (mine?.state === 'building') progress.building = mine;
  else delete progress.building;
}

/** Keeps the leader's books of a batch that is committed, and logs what was wrong with it. */
export function noteTaken(
  taken: Taken,
  mine: Generation,
  parked: Map<string, ParkedStream>,
  progress: Progress,
  logger: Logger,
): void {
  const { applied, passedOver, setAside } = taken;
  noteParked(taken, mine, parked, logger);
  progress.parked = parked.size;
  progress.applied += applied;
  progress.passedOver += passedOver;
  progress.setAside += setAside;
}

/** Each stream that a batch has parked, once; and a batch taken apart for no fact's sake: that is slow, and goes unseen. */
export function noteParked(
  { newlyParked, brokeAsAWhole }: Pick<Taken, 'newlyParked' | 'brokeAsAWhole'>,
  { name, generation }: Generation,
  parked: Map<string, ParkedStream>,
  logger: Logger,
): void {
  if (brokeAsAWhole !== undefined)
    logger.warn({ projection: name, generation, error: brokeAsAWhole }, 'projection_batch_in_pieces');
  for (const { broken, waiting: _, ...stream } of newlyParked) {
    parked.set(stream.stream, stream);
    const { type, position } = broken.fact;
    const about = { generation, parked_id: stream.id, stream: stream.stream, type, position: `${position}` };
    logger.error({ projection: name, ...about, error: broken.reason }, 'projection_parked');
  }
}

/** For how long a subscription may hand nothing out while events wait for it. Live, they arrive within milliseconds. */
const SILENT_AFTER_MS = 10_000;

/**
 * Whether the subscription has gone silent: so long ago it was asked for more, and so long ago the end of the log was first
 * seen to hold an event for it behind everything that it has handed out; what has only just come is on its way. `now` as
 * `performance.now()`, as `progress.askedAt` and `progress.waitsSince` are.
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
