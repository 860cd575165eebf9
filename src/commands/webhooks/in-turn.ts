/** Runs `work` after whatever has been asked for under the same name before, whether that succeeded or not. */
export type InTurn = <T>(name: string, work: () => Promise<T>) => Promise<T>;

/** Facts of one call take turns within a process, so that only other processes can come between (C2). */
export function inTurn(): InTurn {
  const last = new Map<string, Promise<unknown>>();
  return (name, work) => {
    const mine = (last.get(name) ?? Promise.resolve()).then(work);
    const settled = mine.catch(() => {}).finally(() => last.get(name) === settled && last.delete(name));
    last.set(name, settled);
    return mine;
  };
}

/** Those who ask for the same while it is under way share one piece of work. */
export type Shared<T> = {
  share(name: string, work: () => Promise<T>): { readonly result: Promise<T>; readonly first: boolean };
  /** When everything under way has ended. */
  idle(): Promise<void>;
};

export function shared<T>(): Shared<T> {
  const underWay = new Map<string, Promise<T>>();
  return {
    share(name, work) {
      const found = underWay.get(name);
      if (found !== undefined) return { result: found, first: false };
      const result = work().finally(() => underWay.delete(name));
      underWay.set(name, result);
      result.catch(() => {}); // those who wait hear of it; after their time limit nobody may be left
      return { result, first: true };
    },
    idle: async () => void (await Promise.allSettled(underWay.values())),
  };
}
