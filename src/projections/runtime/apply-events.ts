import { countByStream, firstBroken, foldAround, sort } from './apply-around.ts';
import { applyBatch } from './apply-batch.ts';
import { isFactsFault } from './broken-fact.ts';
import { advanceCheckpoint } from './checkpoint.ts';
import { type Database, inTransaction } from './connection.ts';
import type { Gathered } from './gather.ts';
import { type Generation, tableNames } from './generations.ts';
import { hotStates } from './hot-states.ts';
import { type Newly, type ParkedStream, type ParkedStreams, park, queue } from './parked.ts';
import type { Projection } from './projection.ts';

export type Taken = {
  readonly applied: number;
  readonly passedOver: number;
  /** Events of streams that are parked, those that have just become so included. */
  readonly setAside: number;
  readonly newlyParked: readonly (ParkedStream & Newly)[];
};

/**
 * Applies events as they were read, and moves the checkpoint, in one transaction. A fact that breaks parks its stream
 * and everything else moves on; but it stops a generation that is being built, for the live one serves on: BrokenFact.
 */
export async function applyEvents(
  db: Database,
  projection: Projection,
  generation: Generation,
  { events, caughtUp, weight }: Gathered,
  parked: ParkedStreams,
  hot = hotStates(),
): Promise<Taken | 'superseded'> {
  const { facts, unreadable, queued, passedOver } = sort(events, parked);
  const { position } = events.at(-1)!;
  if (unreadable.size === 0 && queued.length === 0) {
    try {
      const batch = { facts, position, caughtUp, weight };
      const outcome = await applyBatch(db, projection, generation, generation.checkpoint, batch, hot);
      return outcome === 'applied' ? { applied: facts.length, passedOver, setAside: 0, newlyParked: [] } : outcome;
    } catch (error) {
      if (!isFactsFault(error)) throw error;
    }
  }
  hot.forget(); // what is written below is not kept
  return inTransaction(db, async (trx) => {
    if (!(await advanceCheckpoint(trx, generation, generation.checkpoint, position, caughtUp))) return 'superseded';
    const building = generation.state === 'building';
    const unfoldable = await foldAround(trx, projection, tableNames(generation), facts, { onlyTheFirst: building });
    const broken = firstBroken(events, unreadable, unfoldable);
    if (building && broken[0]) throw broken[0].broken;
    const streams = await park(trx, generation, broken);
    await queue(trx, generation, countByStream(queued));
    const setAside = broken.reduce((sum, { waiting }) => sum + 1 + waiting, queued.length);
    const newlyParked = streams.map((stream, i) => ({ ...stream, ...broken[i]! }));
    return { applied: events.length - passedOver - setAside, passedOver, setAside, newlyParked };
  });
}
