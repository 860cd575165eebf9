import type { Take } from './shares.ts';

type Limit = {
  /** What may run at once; the others queue: first come, first served, and each tenant in turn. */
  readonly slots: Take;
  /** Rejects with `tooLate` after waiting this long (ms). */
  readonly queueMs: number;
  /** Frees a slot by itself after this long (ms), so that a lost call cannot keep it. */
  readonly holdMs: number;
  readonly tooLate: () => Error;
};

/** Acquires a slot for a tenant, '' for none; resolves to its release function, which may be called more than once. */
export type Enter = (who?: string) => Promise<() => void>;

export function concurrencyLimit({ slots, queueMs, holdMs, tooLate }: Limit): Enter {
  type Begin = (giveBack: () => void) => void;
  /** Those that wait, by tenant; the tenant whose turn is next comes first. */
  const queues = new Map<string, Set<Begin>>();

  const leaveQueue = (who: string, begin: Begin) => {
    const queue = queues.get(who);
    queue?.delete(begin);
    if (queue?.size === 0) queues.delete(who);
  };

  const passOn = () => {
    for (const [who, queue] of queues) {
      const giveBack = slots(who);
      if (giveBack === undefined) continue; // another tenant's may still be free
      const [begin] = queue;
      queues.delete(who);
      queues.set(who, queue); // its next turn comes after the others'
      leaveQueue(who, begin!);
      begin!(giveBack);
      return;
    }
  };

  const inQueue = (who: string) =>
    new Promise<() => void>((resolve, reject) => {
      const begin: Begin = (giveBack) => {
        clearTimeout(timer);
        resolve(giveBack);
      };
      const timer = setTimeout(() => {
        leaveQueue(who, begin);
        reject(tooLate());
      }, queueMs);
      const queue = queues.get(who) ?? new Set();
      queues.set(who, queue.add(begin));
    });

  return async (who = '') => {
    const giveBack = slots(who) ?? (await inQueue(who));
    let isOver = false;
    const leave = () => {
      if (isOver) return;
      isOver = true;
      clearTimeout(held);
      giveBack();
      passOn();
    };
    const held = setTimeout(leave, holdMs);
    held.unref();
    return leave;
  };
}

type KeyedMutex = {
  /** Runs `work` after all earlier work under the same key has succeeded or failed. */
  run<T>(key: string, work: () => Promise<T>): Promise<T>;
  /** Resolves when nothing is running. */
  idle(): Promise<void>;
};

/**
 * A mutex per key: within a process a stream has one writer, so only other processes conflict (C2), and a duplicate in
 * flight finds the first one recorded.
 */
export function keyedMutex(): KeyedMutex {
  const last = new Map<string, Promise<unknown>>();
  return {
    run(key, work) {
      const mine = (last.get(key) ?? Promise.resolve()).then(work);
      const settled = mine
        .catch(() => {})
        .then(() => {
          if (last.get(key) === settled) last.delete(key);
        });
      last.set(key, settled);
      return mine;
    },
    async idle() {
      while (last.size > 0) await Promise.all(last.values());
    },
  };
}
