import { appointments } from './appointments/appointments.ts';
import { callSessions } from './call-sessions/call-sessions.ts';
import { deliveries } from './deliveries/deliveries.ts';
import type { Projection } from './runtime/projection.ts';

export type ProjectionOptions = {
  /** `SESSION_MATCH_MINUTES`: how long a request may wait for a call that does not name it. */
  readonly sessionMatchMinutes?: number;
};

/** Every question that the read model answers. */
export const projections = ({ sessionMatchMinutes = 60 }: ProjectionOptions = {}): readonly Projection[] => [
  callSessions({ matchMinutes: sessionMatchMinutes }),
  appointments({ matchMinutes: sessionMatchMinutes }),
  deliveries,
];
