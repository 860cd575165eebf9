/** Tells the subscriptions that something was committed. They read it from the log themselves. */
export function news() {
  const listeners = new Set<() => void>();
  return {
    /** The answer ends it. */
    listen(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    tell(): void {
      for (const listener of listeners) listener();
    },
  };
}

export type News = ReturnType<typeof news>;
