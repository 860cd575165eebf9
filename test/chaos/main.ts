/**
 * `npm run chaos`: the whole service and its stores under load, killed again and again. docs/chaos.md
 * Ends with 1 as soon as an invariant does not hold.
 */
import { parseArgs } from 'node:util';
import { answerHelp } from '../../src/help.ts';
import { type ChaosReport, runChaos } from './run.ts';
import { type Layout, layouts } from './world.ts';

answerHelp(`usage: npm run chaos [-- [--rounds 200] [--seed <n>] [--minutes 60] [--every 10] [--senders 6] [--layout whole]]

The whole service and its stores under load, killed again and again: hours, on a machine that does nothing else. It ends with 1
as soon as an invariant does not hold. docs/chaos.md

  --rounds   how many faults
  --seed     repeat those of an earlier run, which prints it
  --minutes  end after so many, whatever is left
  --every    look at everything after so many rounds
  --senders  how many post at once
  --layout   ${Object.keys(layouts).join(', ')}`);
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '200' },
    seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
    minutes: { type: 'string', default: '60' },
    every: { type: 'string', default: '10' },
    senders: { type: 'string', default: '6' },
    layout: { type: 'string', default: 'whole' },
  },
});
const number = (name: 'rounds' | 'seed' | 'minutes' | 'every' | 'senders'): number => {
  const value = Number(values[name]);
  if (Number.isFinite(value) && value > 0) return value;
  console.error(`--${name}: ${values[name]} is no number above 0.`);
  process.exit(2);
};
if (!(values.layout in layouts)) {
  console.error(`--layout: ${values.layout} is none of ${Object.keys(layouts).join(', ')}.`);
  process.exit(2);
}
const options = {
  ...{ rounds: number('rounds'), seed: number('seed'), minutes: number('minutes'), every: number('every') },
  ...{ senders: number('senders'), layout: values.layout as Layout },
};

const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.on(name, () => {
    if (interrupted.signal.aborted) process.exit(130);
    console.log('\nEnding after this round; once more ends at once.');
    interrupted.abort();
  });

console.log(`seed ${options.seed}, layout ${options.layout}, ${options.rounds} rounds, a check every ${options.every}`);
const report = await runChaos({ ...options, mails: true, print: console.log, signal: interrupted.signal });
process.exitCode = told(report) ? 0 : 1;
if (process.exitCode === 1)
  console.log(
    `\nTo repeat it: npm run chaos -- --seed ${options.seed} --rounds ${options.rounds} --every ${options.every} ` +
      `--senders ${options.senders} --layout ${options.layout}`,
  );
process.exit();

/** Prints what has come of it; whether all of it is well. */
function told({ rounds, facts, accepted, faults, operations, invariants, unsettled }: ChaosReport): boolean {
  const list = (counts: ReadonlyMap<string, number>) => {
    for (const [what, count] of [...counts].sort()) console.log(`  ${String(count).padStart(5)}  ${what}`);
  };
  console.log(`\n${rounds} rounds, ${accepted} accepted, ${facts} facts\n\nFaults`);
  list(faults);
  console.log('\nOperations');
  list(operations);
  console.log('\nInvariants');
  for (const { name, checks, looked, at, wrong } of invariants) {
    const verdict = wrong.length > 0 ? 'VIOLATED' : checks > 0 ? 'holds' : 'not checked';
    console.log(`  ${verdict.padEnd(11)}  ${name}: ${checks} checks, in the last one ${looked} ${at}`);
    for (const one of wrong.slice(0, 20)) console.log(`      ${one.slice(0, 4000)}`);
  }
  if (unsettled !== undefined) console.log(`\nNOT SETTLED: ${unsettled}`);
  return unsettled === undefined && invariants.every(({ wrong }) => wrong.length === 0);
}
