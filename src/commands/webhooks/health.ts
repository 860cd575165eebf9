import type { OnAnswered } from './answers.ts';

/** How often webhooks were answered so, since the process started. */
type AnsweredSo = {
  readonly endpoint: string;
  readonly tenantId?: string | undefined;
  readonly status: number;
  /** The logged word: `recorded`, `duplicate`, `sig_mismatch` … */
  readonly outcome: string;
  readonly count: number;
  readonly lastAt: string;
};

export type WebhookHealth = {
  readonly note: OnAnswered;
  readonly since: string;
  /** The latest first. */
  items(): readonly AnsweredSo[];
};

/** Kinds of answers that are remembered; each tenant has some. */
const MOST = 10_000;

/** Counts answers by endpoint, tenant and outcome, in memory. */
export function countAnswers(now: () => number = Date.now): WebhookHealth {
  const since = new Date(now()).toISOString();
  const counts = new Map<string, AnsweredSo>();
  return {
    since,
    note({ handler: endpoint, tenantId, status, outcome }) {
      const key = JSON.stringify([endpoint, tenantId, outcome]);
      const count = (counts.get(key)?.count ?? 0) + 1;
      counts.delete(key); // so that the latest is the last
      counts.set(key, { endpoint, tenantId, status, outcome, count, lastAt: new Date(now()).toISOString() });
      if (counts.size > MOST) counts.delete(counts.keys().next().value!);
    },
    items: () => [...counts.values()].reverse(),
  };
}
