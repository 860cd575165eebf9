import type { Logger } from 'pino';
import type { Taken } from './apply-events.ts';
import type { Generation } from './generations.ts';
import type { ParkedStream } from './parked.ts';
import type { Progress } from './progress.ts';

/** Keeps the leader's books of a batch that is committed, and logs each stream that it has parked: once. */
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

export function noteParked(
  { newlyParked }: Pick<Taken, 'newlyParked'>,
  { name, generation }: Generation,
  parked: Map<string, ParkedStream>,
  logger: Logger,
): void {
  for (const { broken, waiting: _, ...stream } of newlyParked) {
    parked.set(stream.stream, stream);
    const { type, position } = broken.fact;
    const about = { generation, parked_id: stream.id, stream: stream.stream, type, position: `${position}` };
    logger.error({ projection: name, ...about, error: broken.reason }, 'projection_parked');
  }
}
