import { calls } from './calls/calls.ts';
import type { Projection } from './engine/projection.ts';
import { quarantine } from './quarantine.ts';

/** The read model: everything about calls, and the deliveries that nobody could understand. */
export const projections: readonly Projection[] = [calls, quarantine];
