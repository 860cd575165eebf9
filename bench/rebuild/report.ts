import type { Measured } from './in-process.ts';

export type Run = Measured & {
  readonly name: string;
  /** What must come of the facts; undefined: it is not known beforehand. */
  readonly expected: number | undefined;
  /** Seconds of the two stores' processors meanwhile. */
  readonly storeCpu: number;
  readonly postgresCpu: number;
};

/** Of the measured process and both stores, in seconds. */
const cpuPerFact = ({ cpuSeconds, storeCpu, postgresCpu, facts }: Run): number =>
  (cpuSeconds + storeCpu + postgresCpu) / facts;

const rate = ({ facts, seconds }: Run): number => facts / seconds;

/** The best run of each name, side by side; then the ratios that are aimed at (docs/performance.md, "Targets"). */
export function print(runs: readonly Run[], title: string): void {
  const best = new Map(runs.toSorted((a, b) => rate(a) - rate(b)).map((run) => [run.name, run]));
  console.log(`\n${title}`);
  console.table([...new Set(runs.map(({ name }) => name))].map((name) => rowOf(best.get(name)!)));

  const rebuilt = rate(best.get('rebuild')!);
  const limit = Math.max(rate(best.get('client')!), rate(best.get('event log')!));
  const rivals = ['emmett', 'emmett, tuned'].flatMap((name) => best.get(name) ?? []);
  console.table([
    target('× the faster bare subscription', rebuilt / limit, 0.17),
    ...rivals.map((rival) => target(`× ${rival.name}`, rebuilt / rate(rival), 1)),
  ]);
  const least = Math.min(cpuPerFact(best.get('client')!), cpuPerFact(best.get('event log')!));
  const times = Number((cpuPerFact(best.get('rebuild')!) / least).toPrecision(3));
  console.table([
    { target: 'CPU of all processes, × the cheaper bare subscription', 'at most': 6, measured: times, met: times <= 6 },
  ]);
  for (const { name, result, expected } of runs.filter((run) => run.expected !== undefined)) {
    if (result === expected) continue;
    console.error(`${name}: ${result} came of the facts, not ${expected}. What it measured is void.`);
    process.exitCode = 1;
  }
}

function rowOf(run: Run) {
  const perFact = (seconds: number) => Math.round((seconds * 1e6) / run.facts);
  const { peakRssMb, heapSlopeMbPer100k, rssSlopeMbPer100k } = run.memory;
  return {
    run: run.name,
    facts: run.facts,
    'facts/s': Math.round(rate(run)),
    'CPU µs/fact': perFact(run.cpuSeconds),
    'event store': perFact(run.storeCpu),
    Postgres: perFact(run.postgresCpu),
    'peak MB': peakRssMb,
    'heap MB/100k': heapSlopeMbPer100k?.toFixed(2) ?? '–',
    'RSS MB/100k': rssSlopeMbPer100k?.toFixed(2) ?? '–',
    'came of them': `${run.result}${run.expected === undefined ? '' : ` of ${run.expected}`}`,
  };
}

const target = (what: string, measured: number, least: number) => ({
  target: what,
  'at least': least,
  measured: Number(measured.toPrecision(3)),
  met: measured >= least,
});
