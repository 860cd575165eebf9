type Limit = {
  /** How many may be under way at once. The others stand in line, first come, first served. */
  readonly most: number;
  /** Who has stood in line for so long (ms) is told `tooLate`. */
  readonly lineMs: number;
  /** A place is given back by itself after so long (ms): a call that is lost must not keep it for ever. */
  readonly holdMs: number;
  readonly tooLate: () => Error;
};

/** Resolves when there is a place; what it answers gives the place back, once. */
type Enter = () => Promise<() => void>;

export function concurrencyLimit({ most, lineMs, holdMs, tooLate }: Limit): Enter {
  let underWay = 0;
  const line = new Set<() => void>();

  /** The first in line takes the place over. */
  const passOn = () => {
    const [first] = line;
    if (first) first();
    else underWay--;
  };

  const turn = () =>
    new Promise<void>((resolve, reject) => {
      const begin = () => {
        clearTimeout(timer);
        line.delete(begin);
        resolve();
      };
      const timer = setTimeout(() => {
        line.delete(begin);
        reject(tooLate());
      }, lineMs);
      line.add(begin);
    });

  return async () => {
    if (underWay < most) underWay++;
    else await turn();
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
  /** Runs `work` after whatever was asked for under the same name before, whether that succeeded or not. */
  run<T>(key: string, work: () => Promise<T>): Promise<T>;
  /** When nothing is under way any more. */
  idle(): Promise<void>;
};

/**
 * Who writes to one stream takes turns within a process. So only other processes can come between (C2), and identical
 * deliveries in flight share one append: whoever comes later finds it done (docs/rules.md, "The door").
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
