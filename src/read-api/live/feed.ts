import { setTimeout as sleep } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { Place } from '../../events/recorded.ts';
import { isDatabaseUnavailable } from '../../postgres/errors.ts';
import type { ReadModel } from '../../projections/tables.ts';
import { type Cursor, eventsAfter, type FeedEvent, furthestOf, newestPosition, notTaken, PAGE } from './feed-event.ts';

/**
 * What a follower gets: where it begins (`ready`), what has changed, or where it goes on (`reset`) because its cursor
 * was beyond the end of a log that was restored or replaced.
 */
export type FeedItem =
  | { readonly ready: Cursor }
  | { readonly reset: Cursor }
  | { readonly events: readonly FeedEvent[] };

export type Feed = {
  /** The cursor of a new follower. Rejects when Postgres does not answer. */
  now(): Promise<Cursor>;
  /** A tenant's events after a cursor, as they come, without end; an outage of a store is waited out. */
  follow(tenantId: string, cursor: Cursor, signal: AbortSignal): AsyncGenerator<FeedItem, void>;
  close(): void;
};

/** The newest events of all tenants: those with `after < position ≤ upTo`, in order. */
type Tail = { readonly after: bigint; readonly upTo: bigint; readonly events: readonly FeedEvent[] };

export type FeedOptions = {
  readonly logger: Pick<Logger, 'warn' | 'error' | 'info'>;
  readonly everyMs: number;
  /** The position of the newest event of the log; undefined: it is empty. Rejects when the event store does not answer. */
  readonly endOfLog: () => Promise<bigint | undefined>;
  /** The place in the log up to which the read model shows it; undefined: not known. */
  readonly shown: () => Promise<Place | undefined>;
  /** Whether the log has an event where it was. Rejects when the event store does not answer. */
  readonly holds: (place: Place) => Promise<boolean>;
  /** How often the end of the log, and whether it is the same one, is looked at. */
  readonly endEveryMs: number;
};

/** It holds events of facts that the log does not have: it has to be dropped or restored, too. */
class ReadModelOfAnotherLog extends Error {
  override readonly name = 'ReadModelOfAnotherLog';
}

/** How many events the tail holds; who is further behind reads from Postgres. */
const TAIL = 2000;
const RETRY_MS = 500;

/**
 * The feed's events, pulled by each listener, so that a slow one costs nothing; one query per tick serves all. Rows are
 * written in order by one writer, so a position misses none.
 */
export function openFeed(db: Kysely<ReadModel>, options: FeedOptions): Feed {
  const { logger, everyMs, endOfLog, endEveryMs } = options;
  const closed = new AbortController();
  let tail: Tail | undefined;
  /** As of the last look at the log, of which no position is taken back unless it is another log. */
  let end: bigint | undefined;
  let endSeenAt = Number.NEGATIVE_INFINITY;
  /** What the read model showed when it was last of this log. */
  let known: Place | undefined;
  /** Grows with each restore of the log: followers that began before get a reset. */
  let restores = 0;
  let isAnother = false;
  let followers = 0;
  let polling = false;
  let failing = false;
  let version = 0;
  const waiting = new Set<() => void>();

  const announce = () => {
    version++;
    for (const wake of waiting) wake();
  };
  /** No promise that outlives the wait takes part: it would remember every wait until it settles. */
  const announced = (until: AbortSignal) =>
    new Promise<void>((resolve) => {
      const wake = () => {
        waiting.delete(wake);
        until.removeEventListener('abort', wake);
        resolve();
      };
      waiting.add(wake);
      until.addEventListener('abort', wake);
    });

  const logOnce = (error: unknown) => {
    if (failing) return;
    failing = true;
    const level = isDatabaseUnavailable(error) ? 'warn' : 'error';
    logger[level]({ reason: 'live_feed_waits', error: (error as Error).name }, 'live feed cannot read');
  };

  /** Whether the log ends before a position; false also when the event store does not answer, since we look again. */
  async function endsBefore(position: bigint): Promise<boolean> {
    if (end !== undefined && position <= end) return false;
    try {
      end = (await endOfLog()) ?? 0n;
    } catch {
      return false;
    }
    return position > end;
  }

  /** From time to time: a log that is shorter than it was is another one, and what was known of it is not so. */
  async function lookAtEnd(): Promise<void> {
    if (performance.now() - endSeenAt < endEveryMs) return;
    endSeenAt = performance.now();
    end = undefined;
    if (await endsBefore(tail?.upTo ?? 0n)) tail = undefined;
    if (end !== undefined) {
      await lookAtLog();
      announce(); // followers beyond it have to be reset
    }
  }

  /** A log that was restored may have grown beyond every cursor again. */
  async function lookAtLog(): Promise<void> {
    const place = await options.shown();
    isAnother ||= known !== undefined && !(await options.holds(known));
    const isShown = place === undefined || (await options.holds(place));
    if (isShown) known = place ?? known;
    if (isShown && !isAnother) return;
    tail = undefined; // nothing is sent of another one
    isAnother = !isShown;
    if (isShown) return void restores++;
    endSeenAt = Number.NEGATIVE_INFINITY; // it is looked at again at once
    throw new ReadModelOfAnotherLog();
  }

  /** One step of the tail; true: there may be more at once. */
  async function look(): Promise<boolean> {
    if (tail === undefined) {
      const position = await newestPosition(db);
      if (await endsBefore(position)) throw new ReadModelOfAnotherLog();
      tail = { after: position, upTo: position, events: [] };
      announce(); // who has read before may have missed what came in between
      return false;
    }
    const found = await eventsAfter(db, tail.upTo);
    const last = found.at(-1);
    if (last === undefined) return false;
    const all = [...tail.events, ...found];
    const dropped = all.at(-TAIL - 1);
    tail = {
      after: dropped?.position ?? tail.after,
      upTo: last.position,
      events: dropped ? all.filter(({ position }) => position > dropped.position) : all,
    };
    announce();
    return found.length >= PAGE;
  }

  async function poll(): Promise<void> {
    while (followers > 0 && !closed.signal.aborted) {
      let wait = everyMs;
      try {
        await lookAtEnd();
        if (await look()) wait = 0;
        if (failing) logger.info({ event: 'live_feed_resumed' }, 'live feed reads again');
        failing = false;
      } catch (error) {
        logOnce(error);
        wait = RETRY_MS;
      }
      await sleep(wait, undefined, { signal: closed.signal }).catch(() => {});
    }
    // In one step with the loop's last look at `followers`: who comes now starts anew.
    polling = false;
    tail = undefined;
    end = undefined;
    endSeenAt = Number.NEGATIVE_INFINITY;
  }

  /** The next events of a tenant, and the position up to which it then has all. */
  async function next(tenantId: string, after: bigint): Promise<{ found: readonly FeedEvent[]; upTo: bigint }> {
    const known = tail;
    if (known === undefined) return { found: [], upTo: after }; // it is announced
    if (after >= known.after) {
      const begin = known.events.findLastIndex(({ position }) => position <= after) + 1;
      const mine = known.events.slice(begin).filter(({ data }) => data.tenantId === tenantId);
      const end = mine[PAGE - 1]?.position;
      if (end === undefined) return { found: mine, upTo: known.upTo };
      return { found: mine.filter(({ position }) => position <= end), upTo: end };
    }
    const found = await eventsAfter(db, after, tenantId);
    const last = found.at(-1)?.position ?? after;
    if (found.length >= PAGE) return { found, upTo: last };
    // All that the tail had seen was there for this query, too.
    if (last > known.upTo) return { found, upTo: last };
    return { found, upTo: known.upTo };
  }

  const isBeyond = (cursor: Cursor) => furthestOf(cursor) > (tail?.upTo ?? 0n) && endsBefore(furthestOf(cursor));

  /** Where a follower goes on whose cursor was beyond the log: behind all that the read model, too, has of it. */
  async function present(): Promise<Cursor> {
    const newest = await newestPosition(db);
    return { after: (await endsBefore(newest)) ? end! : newest, taken: 0 };
  }

  return {
    async now() {
      const position = await newestPosition(db);
      // While the read model is filled anew, this process may know of more.
      return { after: tail !== undefined && tail.upTo > position ? tail.upTo : position, taken: 0 };
    },

    async *follow(tenantId, from, signal) {
      const until = AbortSignal.any([signal, closed.signal]);
      let cursor = from;
      followers++;
      if (!polling) {
        polling = true;
        void poll();
      }
      let begun = false;
      let restoresSeen = restores;
      try {
        while (!until.aborted) {
          const seen = version; // before the look, so that nothing comes in between unnoticed
          try {
            if ((begun && restoresSeen !== restores) || (await isBeyond(cursor))) {
              cursor = await present();
              yield { reset: cursor };
            }
            restoresSeen = restores;
            if (!begun) yield { ready: cursor };
            begun = true;
            const { found, upTo } = await next(tenantId, cursor.after);
            const events = notTaken(found, cursor);
            if (upTo > cursor.after) cursor = { after: upTo, taken: 0 };
            if (events.length > 0) yield { events };
            else if (version === seen && !until.aborted) await announced(until);
          } catch (error) {
            logOnce(error);
            await sleep(RETRY_MS, undefined, { signal: until }).catch(() => {});
          }
        }
      } finally {
        followers--;
      }
    },

    close: () => closed.abort(),
  };
}
