import { randomUUID } from 'node:crypto';
import type { EventLog } from '../events/event-log.ts';
import { REACTION_STARTED, ReactionStarted } from '../events/own-records.ts';
import { reactionStream } from '../events/streams.ts';
import type { Reaction } from './lead.ts';

export type Beginning = {
  readonly after: bigint | undefined;
  /** Of the fact that says so: what belongs to another log has another. */
  readonly id: string;
};

/**
 * Where a reaction began: a first start on an old log at its `end` or at its `start`. The log itself remembers where that
 * was, so a lost Postgres neither repeats nor loses anything.
 */
export async function beginning(log: EventLog, reaction: Reaction, at: 'start' | 'end'): Promise<Beginning> {
  const stream = reactionStream(reaction);
  for (;;) {
    const [started] = await log.read(stream, { max: 1 });
    if (started) {
      const { after } = ReactionStarted.parse(started.data);
      return { after: after === undefined ? undefined : BigInt(after), id: started.id };
    }
    const head = at === 'end' ? await log.head() : undefined;
    const data = head === undefined ? {} : { after: `${head}` };
    // Of two processes that start at once the log takes one's word; both then read it.
    await log.append(stream, 'no_stream', [{ id: randomUUID(), type: REACTION_STARTED, data, metadata: {} }]);
  }
}
