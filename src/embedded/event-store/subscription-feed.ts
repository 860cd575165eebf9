import { checkpoint } from './answers.ts';
import { type LogReader, readPage } from './log-reader.ts';
import type { ReadRequest } from './requests.ts';
import { firstShown, limitsFrom, oldestShown, TOMBSTONE } from './schema.ts';

/** What a subscription reads. It holds a place and no events, however far behind it is. */
export type SubscriptionFeed = {
  /** Whether there is anything to begin with: a missing stream is waited for. */
  readonly exists: () => boolean;
  /** Whether there is a tombstone ahead of where the subscription begins. */
  readonly deleted: () => boolean;
  readonly next: (live: boolean) => FeedPage;
  /** How many events are waiting to be read. */
  readonly behind: () => number;
};

type FeedPage = {
  readonly messages: readonly Uint8Array[];
  readonly more: boolean;
  /** With a tombstone among the messages nothing can follow. */
  readonly ended: boolean;
};

type OfStream = ReadRequest & { of: 'stream' };
type OfAll = ReadRequest & { of: 'all' };

/** Follows a stream, exclusive of the revision it starts from. */
export function streamFeed(log: LogReader, { stream: name, from }: OfStream): SubscriptionFeed {
  const last = () => log.stream(name)?.last ?? -1;
  let place = from === 'start' ? -1 : from === 'end' ? last() : from;
  const atEnd = from === 'end';

  return {
    exists() {
      const stream = log.stream(name);
      if (atEnd || !stream) return atEnd;
      return stream.last === TOMBSTONE || (stream.last >= 0 && !limitsFrom(stream.metadata).softDeleted);
    },
    deleted: () => place < TOMBSTONE && log.isTombstoned(name),
    next(live) {
      const stream = log.stream(name);
      if (!stream) return { messages: [], more: false, ended: false };
      // Limits hide history. What was appended after the subscription was up to date is delivered as it came.
      const limits = limitsFrom(live ? null : stream.metadata);
      const start = live ? 0 : firstShown(name, stream.last, limits);
      const rows = log.forwards(stream.id, Math.max(place + 1, start), oldestShown(limits, Date.now()));
      const page = readPage(rows);
      const end = page.rows.at(-1)?.[0];
      place = end ?? place;
      // Hidden events are skipped for good.
      if (!page.more) place = Math.max(place, stream.last);
      const messages = page.rows.flatMap(([, message]) => message ?? []);
      return { messages, more: page.more, ended: end === TOMBSTONE };
    },
    behind: () => last() - place,
  };
}

/** Follows `$all`, exclusive of the position it starts from. */
export function allFeed(log: LogReader, { from, filter }: OfAll): SubscriptionFeed {
  let place = log.head();
  // (commit, prepare) pairs are ordered: after (7, 0) comes (7, 7), our event 7.
  if (from === 'start') place = 0;
  else if (from !== 'end') place = Math.min(place, from.prepare < from.commit ? from.commit - 1 : from.commit);
  let considered = 0;

  return {
    exists: () => true,
    deleted: () => false,
    next() {
      const page = readPage(log.allAfter(place, filter));
      const messages: Uint8Array[] = [];
      for (const [position, message] of page.rows) {
        place = position;
        if (message) messages.push(message);
        if (filter && ++considered % filter.checkpointEvery === 0) messages.push(checkpoint(position));
      }
      return { messages, more: page.more, ended: false };
    },
    behind: () => log.head() - place,
  };
}
