import type { Logger } from 'pino';
import type { Generation } from '../engine/generations.ts';
import type { ParkedStream } from '../engine/parked.ts';
import type { Progress } from '../engine/progress.ts';
import type { Taken } from './apply-events.ts';

/** Keeps the leader's books of a batch that is committed, and logs what was wrong with it. */
export function noteTaken(
  taken: Taken,
  mine: Generation,
  parked: Map<string, ParkedStream>,
  progress: Progress,
  logger: Logger,
): void {
  const { applied, passedOver, setAside } = taken;
  noteParked(taken, mine, parked, logger);
  progress.parked = parked.size;
  progress.applied += applied;
  progress.passedOver += passedOver;
  progress.setAside += setAside;
}

/** Each stream that a batch has parked, once; and a batch taken apart for no fact's sake: that is slow, and goes unseen. */
export function noteParked(
  { newlyParked, brokeAsAWhole }: Pick<Taken, 'newlyParked' | 'brokeAsAWhole'>,
  { name, generation }: Generation,
  parked: Map<string, ParkedStream>,
  logger: Logger,
): void {
  if (brokeAsAWhole !== undefined)
    logger.warn({ projection: name, generation, error: brokeAsAWhole }, 'projection_batch_in_pieces');
  for (const { broken, waiting: _, ...stream } of newlyParked) {
    parked.set(stream.stream, stream);
    const { type, position } = broken.fact;
    const about = { generation, parked_id: stream.id, stream: stream.stream, type, position: `${position}` };
    logger.error({ projection: name, ...about, error: broken.reason }, 'projection_parked');
  }
}
