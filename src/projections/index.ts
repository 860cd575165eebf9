import { appointments } from './appointments/appointments.ts';
import { callSessions } from './call-sessions/call-sessions.ts';
import { customers } from './customers/customers.ts';
import { deliveries } from './deliveries/deliveries.ts';
import { outcomeChanges } from './outcome-changes/outcome-changes.ts';
import { quarantine } from './quarantine/quarantine.ts';
import type { Projection } from './runtime/projection.ts';
import { tickets } from './tickets/tickets.ts';

export type ProjectionOptions = {
  /** `SESSION_MATCH_MINUTES`: how long a request may wait for a call that does not name it. */
  readonly sessionMatchMinutes?: number;
};

/** Every question that the read model answers. */
export const projections = ({ sessionMatchMinutes = 60 }: ProjectionOptions = {}): readonly Projection[] => [
  callSessions({ matchMinutes: sessionMatchMinutes }),
  appointments({ matchMinutes: sessionMatchMinutes }),
  deliveries,
  tickets({ matchMinutes: sessionMatchMinutes }),
  customers,
  outcomeChanges({ matchMinutes: sessionMatchMinutes }),
  quarantine,
];
