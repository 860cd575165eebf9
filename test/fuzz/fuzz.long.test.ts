import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createTestDatabase } from '../support/postgres.ts';
import { startServiceHere } from '../support/service-here.ts';
import { runFuzz } from './run.ts';

// The short form of `npm run fuzz` (docs/fuzz.md).

const INPUTS = Number(process.env.FUZZ_INPUTS ?? 90);
const SEED = Number(process.env.FUZZ_SEED ?? 7);

let database: Awaited<ReturnType<typeof createTestDatabase>>;
beforeAll(async () => {
  database = await createTestDatabase(inject('postgresUrl'));
});
afterAll(() => database.drop());

test(
  `every extreme of every field, and ${INPUTS} odd inputs, park nothing, fail nothing and can be rebuilt`,
  async () => {
    const environment = { DATABASE_URL: database.url };
    const { problems, answers } = await runFuzz({
      inputs: INPUTS,
      seed: SEED,
      environment,
      start: startServiceHere,
      print: (l) => console.log(performance.now(), l),
    });
    expect(problems, `seed ${SEED}`).toEqual([]);
    expect(answers.get('webhook 204')).toBeGreaterThan(INPUTS / 2);
  },
  120_000 + INPUTS * 200,
);
