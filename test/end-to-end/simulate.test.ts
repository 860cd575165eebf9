import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createTestDatabase } from '../support/postgres.ts';
import { dataDirectory, type RunningService, startService } from '../support/service.ts';

// `npm run simulate`, as README tells a newcomer to run it.

let service: RunningService;
let dataDir: string;
const cleanUp: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const database = await createTestDatabase(inject('postgresUrl'));
  const directory = await dataDirectory();
  dataDir = directory.path;
  service = await startService({ DATA_DIR: dataDir, DATABASE_URL: database.url });
  await service.key('API_KEY');
  cleanUp.push(() => service.stop(), database.drop, directory.remove);
});
afterAll(async () => {
  for (const step of cleanUp) await step();
});

const simulate = (...args: string[]) =>
  new Promise<{ code: number; output: string }>((resolve) => {
    const file = join(import.meta.dirname, '../../src/cli/simulate/main.ts');
    const env = { PATH: process.env.PATH, DATA_DIR: dataDir };
    execFile(process.execPath, [file, '--url', service.url, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), output: stdout + stderr }),
    );
  });

test('every outcome and every ticket comes out as it went in, on a bad day', async () => {
  const { code, output } = await simulate('--calls', '34', '--seed', '7');
  expect(output).toMatch(
    /34 calls, \d+ webhooks sent \(\d+ duplicates, [1-9]\d* tampered\), 0 unexpected answers, 34 calls as sent, 0 not/,
  );
  expect(code).toBe(0);
});

test('with another webhook key nothing is accepted, and it says so', async () => {
  const { code, output } = await simulate('--calls', '1', '--key', 'not_the_key_of_this_service');
  expect(output).toContain('unexpected answer: call_ended: 401');
  expect(code).toBe(1);
}, 60_000);

test('with an API key that is nobody’s it says what to look at', async () => {
  const { code, output } = await simulate('--calls', '1', '--api-key', 'nobody');
  expect(output).toMatch(/does not answer as expected: GET .* answered 401[\s\S]*--api-key/);
  expect(code).toBe(2);
});
