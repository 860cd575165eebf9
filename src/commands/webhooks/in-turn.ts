export type Turns = {
  /** Runs `work` after whatever was asked for under the same name before, whether that succeeded or not. */
  take<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** When nothing is under way any more. */
  idle(): Promise<void>;
};

/**
 * Who writes to one stream takes turns within a process. So only other processes can come between (C2), and identical
 * deliveries in flight share one append: whoever comes later finds it done (docs/rules.md, "The door").
 */
export function inTurn(): Turns {
  const last = new Map<string, Promise<unknown>>();
  return {
    take(name, work) {
      const mine = (last.get(name) ?? Promise.resolve()).then(work);
      const settled = mine
        .catch(() => {})
        .then(() => {
          if (last.get(name) === settled) last.delete(name);
        });
      last.set(name, settled);
      return mine;
    },
    async idle() {
      while (last.size > 0) await Promise.all(last.values());
    },
  };
}
