import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { dataDirectory, inherited } from '../support/service.ts';
import { type ServiceHere, startServiceHere } from '../support/service-here.ts';

// `npm run simulate`, as README tells a newcomer to run it.

let service: ServiceHere;
let dataDir: string;
let retellPort: number;
const cleanUp: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const database = await createTestDatabase(inject('postgresUrl'));
  const directory = await dataDirectory();
  dataDir = directory.path;
  retellPort = await freePort();
  service = await startServiceHere({
    ...{ DATA_DIR: dataDir, DATABASE_URL: database.url, RECONCILE_REQUESTS_PER_SECOND: '200' },
    ...{ RETELL_BASE_URL: `http://127.0.0.1:${retellPort}`, RETELL_API_KEY: 'key_of_the_emulator' },
  });
  await service.key('API_KEY');
  cleanUp.push(() => service.stop(), database.drop, directory.remove);
});
afterAll(async () => {
  for (const step of cleanUp) await step();
});

const simulate = (...args: string[]) =>
  new Promise<{ code: number; output: string }>((resolve) => {
    const file = join(import.meta.dirname, '../../src/cli/simulate/main.ts');
    const env = { ...inherited, DATA_DIR: dataDir };
    execFile(process.execPath, [file, '--url', service.url, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), output: stdout + stderr }),
    );
  });

test('every outcome and every ticket comes out as it went in, on a bad day', async () => {
  const { code, output } = await simulate('--calls', '34', '--seed', '7');
  expect(output).toMatch(
    /34 calls, \d+ webhooks sent \(\d+ duplicates, [1-9]\d* tampered\), 0 unexpected answers, 34 calls as sent, 0 not/,
  );
  expect(output).toContain(`Look at them: ${service.url}/console`);
  expect(code).toBe(0);
});

test('what it loses the service asks for, and all comes out as it was', async () => {
  const { code, output } = await simulate(
    '--calls',
    '34',
    '--lose',
    '0.4',
    '--retell-port',
    `${retellPort}`,
    '--seed',
    '3',
  );
  expect(output).toMatch(/[1-9]\d* lost and [1-9]\d* facts reconciled, 0 unexpected answers, 34 calls as sent, 0 not/);
  expect(code).toBe(0);
}, 60_000);

test('losing needs a place where Retell can be asked, and it says which', async () => {
  const { code, output } = await simulate('--calls', '1', '--lose', '0.4');
  expect(output).toContain('RETELL_BASE_URL=http://127.0.0.1:4010');
  expect(code).toBe(2);
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
