type Limit = {
  /** How many may run at once; the others queue, first come, first served. */
  readonly most: number;
  /** Rejects with `tooLate` after waiting this long (ms). */
  readonly queueMs: number;
  /** Frees a slot by itself after this long (ms), so that a lost call cannot keep it. */
  readonly holdMs: number;
  readonly tooLate: () => Error;
};

/** Acquires a slot; resolves to its release function, which may be called more than once. */
type Enter = () => Promise<() => void>;

export function concurrencyLimit({ most, queueMs, holdMs, tooLate }: Limit): Enter {
  let underWay = 0;
  const queue = new Set<() => void>();

  /** Hands the slot to the first in the queue. */
  const passOn = () => {
    const [first] = queue;
    if (first) first();
    else underWay--;
  };

  const inQueue = () =>
    new Promise<void>((resolve, reject) => {
      const begin = () => {
        clearTimeout(timer);
        queue.delete(begin);
        resolve();
      };
      const timer = setTimeout(() => {
        queue.delete(begin);
        reject(tooLate());
      }, queueMs);
      queue.add(begin);
    });

  return async () => {
    if (underWay < most) underWay++;
    else await inQueue();
    let isOver = false;
    const leave = () => {
      if (isOver) return;
      isOver = true;
      clearTimeout(held);
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
