import type { PendingText } from '../../events/personal-text.ts';

/** What the runtime keeps of a stream. */
export type Kept = { readonly state: unknown; readonly pending: PendingText };

/** Characters in the facts of the batches, about; a batch by itself has at most 16 million (gather.ts). */
const WEIGHT = 8_000_000;

/**
 * The states of the streams that the last batches have written, as they are committed: the next fact of a call mostly
 * comes soon, and its state need not be read and parsed again. Only for whoever alone writes a generation; when something
 * else may have written it (a batch around a broken fact, a redrive), all of it is forgotten.
 */
export function hotStates() {
  const kept = new Map<string, Kept & { readonly batch: number }>();
  /** The oldest first. */
  let batches: { readonly batch: number; readonly weight: number }[] = [];
  let last = 0;
  let total = 0;
  return {
    get: (stream: string): Kept | undefined => kept.get(stream),
    /** `weight`: of the batch's facts. The oldest batches make room. */
    keep(written: ReadonlyMap<string, Kept>, weight: number): void {
      const batch = ++last;
      batches.push({ batch, weight });
      total += weight;
      for (const [stream, { state, pending }] of written) {
        kept.delete(stream); // to stand behind those of the batches before
        kept.set(stream, { state, pending, batch });
      }
      while (total > WEIGHT) {
        const oldest = batches.shift()!;
        total -= oldest.weight;
        for (const [stream, one] of kept) {
          if (one.batch > oldest.batch) break;
          kept.delete(stream);
        }
      }
    },
    forget(): void {
      kept.clear();
      batches = [];
      total = 0;
    },
  };
}

export type HotStates = ReturnType<typeof hotStates>;
