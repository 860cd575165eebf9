import { calls } from './calls/calls.ts';
import { quarantine } from './quarantine/quarantine.ts';
import type { Projection } from './runtime/projection.ts';

export type ProjectionOptions = {
  /** `SESSION_MATCH_MINUTES`: how long a request may wait for a call that does not name it. */
  readonly sessionMatchMinutes?: number;
};

/** The read model: everything about calls, and the deliveries that nobody could understand. */
export const projections = ({ sessionMatchMinutes = 60 }: ProjectionOptions = {}): readonly Projection[] => [
  calls({ matchMinutes: sessionMatchMinutes }),
  quarantine,
];
