import type { Recorded } from '../../events/recorded.ts';
import { countByStream, firstBroken, foldAround, type Sorted, sort } from '../engine/apply.ts';
import { type Database, inTransaction } from '../engine/connection.ts';
import { isFactsFault, reasonOf } from '../engine/faults.ts';
import type { Gathered } from '../engine/gather.ts';
import { type Generation, tableNames } from '../engine/generations.ts';
import { type Newly, type ParkedStream, type ParkedStreams, park, queue } from '../engine/parked.ts';
import type { Projection } from '../engine/projection.ts';
import type { Tx } from '../engine/table.ts';
import { applyBatch } from './apply-batch.ts';
import { advanceCheckpoint } from './checkpoint.ts';
import { hotStates } from './hot-states.ts';

export type Taken = {
  readonly applied: number;
  readonly passedOver: number;
  /** Events of streams that are parked, those that have just become so included. */
  readonly setAside: number;
  readonly newlyParked: readonly (ParkedStream & Newly)[];
  /** Why the batch broke although none of its facts does by itself; without content. */
  readonly brokeAsAWhole?: string;
};

/**
 * Applies events as they were read, and moves the checkpoint, in one transaction. A fact that breaks parks its stream
 * and everything else moves on, in a generation that is being built as in the live one.
 */
export async function applyEvents(
  db: Database,
  projection: Projection,
  generation: Generation,
  { events, caughtUp, weight }: Gathered,
  parked: ParkedStreams,
  hot = hotStates(),
): Promise<Taken | 'superseded'> {
  const sorted = sort(events, parked);
  const { facts, unreadable, queued, passedOver } = sorted;
  const { position } = events.at(-1)!;
  let broke: string | undefined;
  if (unreadable.size === 0 && queued.length === 0) {
    try {
      const batch = { facts, position, caughtUp, weight };
      const outcome = await applyBatch(db, projection, generation, generation.checkpoint, batch, hot);
      return outcome === 'applied' ? { applied: facts.length, passedOver, setAside: 0, newlyParked: [] } : outcome;
    } catch (error) {
      if (!isFactsFault(error)) throw error;
      broke = reasonOf(error);
    }
  }
  hot.forget(); // what is written below is not kept
  return inTransaction(db, async (trx) => {
    if (!(await advanceCheckpoint(trx, generation, generation.checkpoint, position, caughtUp))) return 'superseded';
    const taken = await applyAround(trx, projection, generation, events, sorted);
    return broke !== undefined && taken.newlyParked.length === 0 ? { ...taken, brokeAsAWhole: broke } : taken;
  });
}

/** Folds what can be folded, and parks the streams of what cannot. The checkpoint is for the caller to move. */
export async function applyAround(
  trx: Tx,
  projection: Projection,
  generation: Generation,
  events: readonly Recorded[],
  { facts, unreadable, queued, passedOver }: Sorted,
): Promise<Taken> {
  const unfoldable = await foldAround(trx, projection, tableNames(generation), facts);
  const broken = firstBroken(events, unreadable, unfoldable);
  const streams = await park(trx, generation, broken);
  await queue(trx, generation, countByStream(queued));
  const setAside = broken.reduce((sum, { waiting }) => sum + 1 + waiting, queued.length);
  const newlyParked = streams.map((stream, i) => ({ ...stream, ...broken[i]! }));
  return { applied: events.length - passedOver - setAside, passedOver, setAside, newlyParked };
}
