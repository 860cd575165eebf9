export type Whereabouts = { readonly stream: string; readonly revision: number };

/**
 * Where the latest events were written, by id: all that `any` and `stream_exists` have to recognise a repeat by.
 * A live server keeps this in memory only and so do we: after a restart such a repeat is written again, and an
 * application that relies on more would fail in production.
 */
export function recentIds(capacity = 100_000) {
  const known = new Map<string, Whereabouts>();
  return {
    get: (id: string): Whereabouts | undefined => known.get(id),
    /** An id that is known already keeps its first place. */
    remember(id: string, stream: string, revision: number): void {
      if (known.has(id)) return;
      known.set(id, { stream, revision });
      if (known.size <= capacity) return;
      for (const oldest of known.keys()) {
        known.delete(oldest);
        break;
      }
    },
    forget: (): void => known.clear(),
  };
}

export type RecentIds = ReturnType<typeof recentIds>;
