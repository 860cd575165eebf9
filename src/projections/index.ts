import { calls } from './calls/calls.ts';
import { quarantine } from './quarantine/quarantine.ts';
import type { Projection } from './runtime/projection.ts';

/** The read model: everything about calls, and the deliveries that nobody could understand. */
export const projections: readonly Projection[] = [calls, quarantine];
