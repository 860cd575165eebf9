import type { Erasures } from '../erasures.ts';
import type { Ledger } from '../ledger.ts';
import type { Load } from '../load.ts';
import type { Line } from '../parts.ts';
import type { Sightings } from '../sightings.ts';
import type { World } from '../world.ts';

/** What an invariant is held against; everything has come to rest. */
export type Evidence = {
  readonly world: World;
  readonly load: Load;
  readonly ledger: Ledger;
  readonly erasures: Erasures;
  /** Of readers of the views, and of who asks for readiness. */
  readonly sightings: Readonly<Record<'sessions' | 'readiness', Sightings>>;
  /** Logged since the last check. */
  readonly lines: readonly Line[];
};

/** What was looked at, and what was wrong: none, if the invariant holds. */
export type Finding = { readonly looked: number; readonly at: string; readonly wrong: readonly string[] };

export type Invariant = { readonly name: string; readonly check: (evidence: Evidence) => Promise<Finding> };
