import { randomUUID } from 'node:crypto';
import type { EventLog } from '../../events/event-log.ts';
import { REACTION_STARTED, ReactionStarted } from '../../events/own-records.ts';
import { reactionStream } from '../../events/streams.ts';

export type Beginning = {
  readonly after: bigint | undefined;
  /** Of the fact that says so: what belongs to another log has another. */
  readonly id: string;
};

const STREAM = reactionStream('ticket-mail');

/**
 * A first start on an old log begins at its end: nobody wants mails about last year. The log itself remembers where
 * that was, so a lost Postgres neither repeats nor loses a mail.
 */
export async function beginning(log: EventLog): Promise<Beginning> {
  for (;;) {
    const [started] = await log.read(STREAM, { max: 1 });
    if (started) {
      const { after } = ReactionStarted.parse(started.data);
      return { after: after === undefined ? undefined : BigInt(after), id: started.id };
    }
    const head = await log.head();
    const data = head === undefined ? {} : { after: `${head}` };
    // Of two processes that start at once the log takes one's word; both then read it.
    await log.append(STREAM, 'no_stream', [{ id: randomUUID(), type: REACTION_STARTED, data, metadata: {} }]);
  }
}
