import { constants, PerformanceObserver } from 'node:perf_hooks';

/** Megabytes of a process over its progress, so that a leak shows as a slope. Null: too short a run to tell. */
export type Memory = {
  readonly peakRssMb: number;
  /** Of what V8's own full collections leave, per 100,000 facts more. None is forced: that would be measured too. */
  readonly heapSlopeMbPer100k: number | null;
  readonly rssSlopeMbPer100k: number | null;
};

type Sample = { readonly done: number; readonly megabytes: number };

const MB = 1024 * 1024;

/** Watches this process; `done()` says how many facts it has handled. */
export function watchMemory(done: () => number): { stop(): Memory } {
  const rss: Sample[] = [];
  const heap: Sample[] = [];
  const timer = setInterval(() => rss.push({ done: done(), megabytes: process.memoryUsage.rss() / MB }), 1000);
  const collections = new PerformanceObserver((list) => {
    const entries = list.getEntries() as unknown as readonly { readonly detail: { readonly kind: number } }[];
    if (!entries.some(({ detail }) => detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR)) return;
    const { heapUsed, external } = process.memoryUsage();
    heap.push({ done: done(), megabytes: (heapUsed + external) / MB });
  });
  collections.observe({ entryTypes: ['gc'] });
  return {
    stop() {
      clearInterval(timer);
      collections.disconnect();
      const peakRssMb = Math.round(process.resourceUsage().maxRSS / 1024);
      return { peakRssMb, heapSlopeMbPer100k: slope(heap), rssSlopeMbPer100k: slope(rss) };
    },
  };
}

/** Less than this says more of the warming up than of a leak. */
const LEAST_FACTS = 200_000;

/** Least squares. The first fifth fills caches and compiles. */
function slope(all: readonly Sample[]): number | null {
  const samples = all.slice(Math.ceil(all.length / 5));
  if (samples.length < 8 || samples.at(-1)!.done - samples[0]!.done < LEAST_FACTS) return null;
  const mean = (of: (sample: Sample) => number) => samples.reduce((sum, s) => sum + of(s), 0) / samples.length;
  const [x, y] = [mean(({ done }) => done), mean(({ megabytes }) => megabytes)];
  const together = samples.reduce((sum, s) => sum + (s.done - x) * (s.megabytes - y), 0);
  const alone = samples.reduce((sum, s) => sum + (s.done - x) ** 2, 0);
  return (together / alone) * 100_000;
}
