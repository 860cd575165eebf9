import type { Random } from '../../src/retell-emulator/random.ts';
import { drawFault, type Fault } from './faults.ts';
import { drawRequest, type Request } from './operators.ts';
import type { World } from './world.ts';

/** What happens in one round; it follows from the seed alone, whatever comes of the rounds before. */
export type Round = {
  readonly waitMs: number;
  readonly request: Request | undefined;
  /** Between the request and the faults. */
  readonly thenMs: number;
  /** At once; none to the same as another. */
  readonly faults: readonly Fault[];
};

export function drawRound(world: World, projections: readonly string[], random: Random): Round {
  const [waitMs, thenMs] = [100 + random.below(800), random.below(200)];
  const request = drawRequest(world, projections, random);
  const [first, second] = [drawFault(world, random), drawFault(world, random)];
  const both = random.next() < 0.25 && first.to !== second.to;
  return {
    ...{ waitMs, thenMs, faults: both ? [first, second] : [first] },
    request: random.next() < 0.7 ? request : undefined,
  };
}
