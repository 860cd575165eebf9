import { setTimeout as sleep } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { ReadModel } from '../../projections/tables.ts';
import { isReadModelUnavailable } from '../read-pool.ts';
import type { Cursor } from './cursor.ts';
import { changesAfter, newestPosition, notTaken, type OutcomeChange, PAGE } from './outcome-change.ts';

export type OutcomeChanges = {
  /** Where who begins now begins. Rejects when Postgres does not answer. */
  now(): Promise<Cursor>;
  /** A tenant's changes after a cursor, as they come, without end; an outage of Postgres is waited out. */
  follow(tenantId: string, cursor: Cursor, signal: AbortSignal): AsyncGenerator<readonly OutcomeChange[], void>;
  close(): void;
};

/** The newest changes of all tenants: those with `after < position ≤ upTo`, in order. */
type Tail = { readonly after: bigint; readonly upTo: bigint; readonly changes: readonly OutcomeChange[] };

/** How many changes the tail holds; who is further behind reads from Postgres. */
const TAIL = 2000;
const RETRY_MS = 500;

/**
 * The feed's changes, pulled by whoever follows them: nothing is buffered per follower, so a slow one costs nothing.
 * While there are followers, one query per tick looks for what is new for all of them. A position misses nothing:
 * the rows are written in its order, by one writer, in one transaction at a time.
 */
export function outcomeChanges(
  db: Kysely<ReadModel>,
  { logger, everyMs }: { readonly logger: Pick<Logger, 'warn' | 'error' | 'info'>; readonly everyMs: number },
): OutcomeChanges {
  const closed = new AbortController();
  let tail: Tail | undefined;
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

  const told = (error: unknown) => {
    if (failing) return;
    failing = true;
    const level = isReadModelUnavailable(error) ? 'warn' : 'error';
    logger[level]({ reason: 'live_feed_waits', error: (error as Error).name }, 'live feed cannot read');
  };

  /** One step of the tail; true: there may be more at once. */
  async function look(): Promise<boolean> {
    if (tail === undefined) {
      const position = await newestPosition(db);
      tail = { after: position, upTo: position, changes: [] };
      announce(); // who has read before may have missed what came in between
      return false;
    }
    const found = await changesAfter(db, tail.upTo);
    const last = found.at(-1);
    if (last === undefined) return false;
    const all = [...tail.changes, ...found];
    const dropped = all.at(-TAIL - 1);
    tail = {
      after: dropped?.position ?? tail.after,
      upTo: last.position,
      changes: dropped ? all.filter(({ position }) => position > dropped.position) : all,
    };
    announce();
    return found.length >= PAGE;
  }

  async function poll(): Promise<void> {
    while (followers > 0 && !closed.signal.aborted) {
      let wait = everyMs;
      try {
        if (await look()) wait = 0;
        if (failing) logger.info({ event: 'live_feed_resumed' }, 'live feed reads again');
        failing = false;
      } catch (error) {
        told(error);
        wait = RETRY_MS;
      }
      await sleep(wait, undefined, { signal: closed.signal }).catch(() => {});
    }
    // In one step with the loop's last look at `followers`: who comes now starts anew.
    polling = false;
    tail = undefined;
  }

  /** The next changes of a tenant, and the position up to which it then has all. */
  async function next(tenantId: string, after: bigint): Promise<{ found: readonly OutcomeChange[]; upTo: bigint }> {
    const known = tail;
    if (known !== undefined && after >= known.after) {
      const begin = known.changes.findLastIndex(({ position }) => position <= after) + 1;
      const mine = known.changes.slice(begin).filter(({ data }) => data.tenantId === tenantId);
      const end = mine[PAGE - 1]?.position;
      if (end === undefined) return { found: mine, upTo: known.upTo };
      return { found: mine.filter(({ position }) => position <= end), upTo: end };
    }
    const found = await changesAfter(db, after, tenantId);
    const last = found.at(-1)?.position ?? after;
    if (found.length >= PAGE || known === undefined) return { found, upTo: last };
    // All that the tail had seen was there for this query, too.
    if (last > known.upTo) return { found, upTo: last };
    return { found, upTo: known.upTo };
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
      try {
        while (!until.aborted) {
          const seen = version; // before the look, so that nothing comes in between unnoticed
          try {
            const { found, upTo } = await next(tenantId, cursor.after);
            const changes = notTaken(found, cursor);
            if (upTo > cursor.after) cursor = { after: upTo, taken: 0 };
            if (changes.length > 0) yield changes;
            else if (version === seen && !until.aborted) await announced(until);
          } catch (error) {
            told(error);
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
