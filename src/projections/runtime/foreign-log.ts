import type { EventLog } from '../../events/event-log.ts';
import type { Generation } from '../engine/generations.ts';

/** The log and the read model do not belong together. */
export class ForeignLog extends Error {
  override readonly name = 'ForeignLog';
}

/** Throws when a generation has read further than the log goes. */
export async function refuseForeignLog(log: EventLog, all: readonly Generation[]): Promise<void> {
  const furthest = all.reduce(
    (max, { checkpoint }) => (checkpoint !== undefined && checkpoint > max ? checkpoint : max),
    -1n,
  );
  if (furthest < 0n) return;
  const head = await log.head();
  if (head !== undefined && furthest <= head) return;
  const beyond = all.find(({ checkpoint }) => checkpoint === furthest)!;
  throw new ForeignLog(
    `the log and the read model do not belong together: the projection ${beyond.name} has read up to position ` +
      `${furthest}, but the log ${head === undefined ? 'is empty' : `ends at ${head}`}. ` +
      'Check EVENTSTORE_URL and DATABASE_URL (or DATA_DIR): one of them points elsewhere than before. If the log is the ' +
      'right one, remove the read model and it is built anew: drop schema projection cascade',
  );
}
