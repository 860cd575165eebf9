export type Limit = {
  /** How many may be under way at once. The others stand in line, first come, first served. */
  readonly most: number;
  /** Who has stood in line for so long (ms) is told `tooLate`. */
  readonly lineMs: number;
  /** A place is given back by itself after so long (ms): a call that is lost must not keep it for ever. */
  readonly holdMs: number;
  readonly tooLate: () => Error;
};

/** Resolves when there is a place; what it answers gives the place back, once. */
export type Enter = () => Promise<() => void>;

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
