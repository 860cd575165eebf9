/** Takes a share; returns what gives it back, which may be called more than once. Undefined: none is free. */
export type Take = (who: string, amount?: number) => (() => void) | undefined;

/** Something of which there is so much. `mayTake` decides by what the taker would then have, and by what is free. */
function counted(total: number, mayTake: (its: number, free: number, amount: number) => boolean): Take {
  const taken = new Map<string, number>();
  let free = total;
  return (who, amount = 1) => {
    const its = (taken.get(who) ?? 0) + amount;
    if (!mayTake(its, free, amount)) return undefined;
    taken.set(who, its);
    free -= amount;
    let isBack = false;
    return () => {
      if (isBack) return;
      isBack = true;
      free += amount;
      const left = taken.get(who)! - amount;
      if (left === 0) taken.delete(who);
      else taken.set(who, left);
    };
  };
}

/** Nobody takes more than they leave free: one alone gets half, and the next one half of what is left. */
export const shares = (total: number): Take => counted(total, (its, free) => its <= free);

/** One alone may take all. */
export const places = (total: number): Take => counted(total, (_, free, amount) => amount <= free);
