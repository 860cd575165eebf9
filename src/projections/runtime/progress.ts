import type { Generation, GenerationState } from './generations.ts';

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
  /** When the last applied event, or the first pending one, was recorded. */
  since?: string;
  caughtUp: boolean;
  /** Events of a type that this version does not know. */
  passedOver: number;
  error?: string;
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
  /** In positions of the log. */
  readonly building?: { readonly generation: number; readonly done: number; readonly total: number };
  readonly error?: string;
};

export function statusOf(name: string, version: number, progress: Progress, now: number): ProjectionStatus {
  const { live, building, leader, head, pending, since, caughtUp, passedOver, error } = progress;
  const serves = live !== undefined && building === undefined;
  const behind = !caughtUp || pending > 0;
  return {
    name,
    version: live?.version ?? version,
    generation: live?.generation ?? null,
    state: live?.state ?? 'starting',
    leader,
    checkpoint: text(live?.checkpoint),
    head: text(head ?? live?.checkpoint),
    lagEvents: pending,
    lagSeconds: behind && since !== undefined ? Math.max(0, (now - Date.parse(since)) / 1000) : 0,
    caughtUp: serves && !behind,
    passedOver,
    ...(building
      ? {
          building: {
            generation: building.generation,
            done: Number(building.checkpoint ?? 0n),
            total: Number(head ?? 0n),
          },
        }
      : {}),
    ...(error === undefined ? {} : { error }),
  };
}

const text = (position: bigint | undefined): string | null => (position === undefined ? null : `${position}`);
