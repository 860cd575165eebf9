/** What was seen at a moment, in minutes from the beginning. */
export type Sample = { readonly minute: number; readonly value: number };

export type Trend = {
  /** Of the values, in ten minutes. */
  readonly slope: number;
  /** How far the slope may be off by chance: two standard errors. */
  readonly give: number;
  readonly first: number;
  readonly last: number;
};

/** Caches fill and code is compiled meanwhile. */
const WARM_UP = 1 / 3;
const FEWEST = 10;

/** Least squares over what comes after the warming up. Undefined: too few samples to tell. */
export function trendOf(all: readonly Sample[]): Trend | undefined {
  const samples = all.slice(Math.ceil(all.length * WARM_UP));
  if (samples.length < FEWEST) return undefined;
  const mean = (of: (sample: Sample) => number) => samples.reduce((sum, s) => sum + of(s), 0) / samples.length;
  const [x, y] = [mean(({ minute }) => minute), mean(({ value }) => value)];
  const sum = (of: (dx: number, dy: number) => number) =>
    samples.reduce((total, { minute, value }) => total + of(minute - x, value - y), 0);
  const alone = sum((dx) => dx * dx);
  const perMinute = sum((dx, dy) => dx * dy) / alone;
  const off = sum((dx, dy) => (dy - perMinute * dx) ** 2);
  const error = Math.sqrt(off / (samples.length - 2) / alone);
  return { slope: perMinute * 10, give: error * 2 * 10, first: samples[0]!.value, last: samples.at(-1)!.value };
}

/** Whether it grows faster than is allowed in ten minutes, beyond what chance explains. */
export const grows = ({ slope, give }: Trend, allowed: number): boolean => slope - give > allowed;
