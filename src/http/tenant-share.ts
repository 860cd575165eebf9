import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { concurrencyLimit, type Enter } from '../events/concurrency-limit.ts';
import { shares } from '../events/shares.ts';

/** A tenant asks for more at once than its share; others are answered meanwhile. */
export class TooManyRequests extends Error {
  override readonly name = 'TooManyRequests';
  constructor() {
    super(
      'This tenant has as many requests under way here as leaves the same number free for others. Send fewer at once.',
    );
  }
}

const WAIT_MS = 30_000;
/** Those that wait, of all tenants; of one alone half of them. */
const MOST_WAITING = 400;
/** A client has so long to take its answer, which is in memory until then. */
const SENT_WITHIN_MS = 120_000;

/**
 * Of `most` requests that are answered at once; some more wait, each tenant in turn. Throws TooManyRequests at once for
 * what is beyond, and for what has waited half a minute.
 */
export function tenantShare(most: number, mostWaiting = MOST_WAITING): Enter {
  const wait = shares(mostWaiting);
  const enter = concurrencyLimit({
    ...{ slots: shares(most), queueMs: WAIT_MS, holdMs: 2 * SENT_WITHIN_MS },
    tooLate: () => new TooManyRequests(),
  });
  return async (who = '') => {
    const waited = wait(who);
    if (waited === undefined) throw new TooManyRequests();
    return await enter(who).finally(waited);
  };
}

/** The same function of a tenant, but only so much of it at once. */
export const inTurn =
  <Rest extends unknown[], Result>(enter: Enter, work: (tenantId: string, ...rest: Rest) => Promise<Result>) =>
  async (tenantId: string, ...rest: Rest): Promise<Result> => {
    const leave = await enter(tenantId);
    try {
      return await work(tenantId, ...rest);
    } finally {
      leave();
    }
  };

/**
 * Answers in the tenant's turn, which lasts until the answer is sent: a slow reader takes up its own tenant's share.
 */
export async function answerInTurn(c: Context, enter: Enter, tenantId: string, answer: () => Promise<void>) {
  const leave = await enter(tenantId);
  const { outgoing } = (c.env ?? {}) as Partial<HttpBindings>;
  if (outgoing === undefined) return await answer().finally(leave);
  const limit = setTimeout(() => outgoing.destroy(), SENT_WITHIN_MS).unref();
  const sent = () => {
    clearTimeout(limit);
    leave();
  };
  if (outgoing.destroyed) {
    sent();
    throw new TooManyRequests(); // nobody waits for it any more
  }
  outgoing.once('close', sent);
  return await answer();
}
