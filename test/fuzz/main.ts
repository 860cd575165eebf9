/**
 * `npm run fuzz -- --inputs 20000 --seed 1`: odd deliveries with valid signatures, and odd requests, at a service of its own
 * on loopback. docs/fuzz.md. Ends with 1 when anything was parked, failed, or took too long.
 */
import { parseArgs } from 'node:util';
import { answerHelp } from '../../src/help.ts';
import { runFuzz } from './run.ts';

answerHelp(`usage: npm run fuzz [-- [--inputs 20000] [--seed 1]]

Odd deliveries with valid signatures, and odd requests, at a service of its own on loopback. It ends with 1 when anything was parked,
failed, or took too long. docs/fuzz.md

  --inputs  how many, from 1 to 1000000
  --seed    the same seed makes the same inputs`);
const { values } = parseArgs({
  options: { inputs: { type: 'string', default: '20000' }, seed: { type: 'string', default: '1' } },
});
const [inputs, seed] = [Number(values.inputs), Number(values.seed)];
if (!Number.isSafeInteger(inputs) || inputs < 1 || inputs > 1_000_000 || !Number.isSafeInteger(seed)) {
  console.error('--inputs takes a number from 1 to 1000000, --seed a whole number.');
  process.exit(2);
}
console.log(`${inputs} inputs, seed ${seed}`);
const { answers, slowestMs, problems } = await runFuzz({ inputs, seed, print: console.log });
for (const [kind, count] of [...answers].sort()) console.log(`${String(count).padStart(7)}  ${kind}`);
console.log(`the slowest answer took ${Math.round(slowestMs)} ms`);
for (const problem of problems.slice(0, 100)) console.log(`PROBLEM ${problem}`);
console.log(problems.length === 0 ? 'Nothing broke.' : `${problems.length} problems.`);
process.exit(problems.length === 0 ? 0 : 1);
