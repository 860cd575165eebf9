import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, test } from 'vitest';
import { dataDirectory, eventually, inherited } from '../support/service.ts';

// As a process manager runs the first of the two commands: it knows npm, and npm's shell knows the service.

const ROOT = join(import.meta.dirname, '../..');
const groups: number[] = [];
afterAll(() => {
  for (const group of groups)
    try {
      process.kill(-group, 'SIGKILL');
    } catch {
      // gone, as it should be
    }
});

async function npmStart(dataDir: string): Promise<{ npm: ChildProcess; url: string }> {
  const env = { ...inherited, HOME: dataDir, DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'info' };
  const npm = spawn('npm', ['start'], { cwd: ROOT, env, detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  groups.push(npm.pid!);
  for await (const line of createInterface({ input: npm.stdout! }))
    if (line.includes('"msg":"listening"')) {
      npm.stdout!.resume();
      return { npm, url: (JSON.parse(line) as { url: string }).url };
    }
  throw new Error('npm start ended before it listened');
}

const answers = async (url: string) => (await fetch(`${url}/health/live`).catch(() => undefined)) !== undefined;

test('SIGTERM to npm stops the service and its stores, and it starts again on the same data', async () => {
  const directory = await dataDirectory();
  const first = await npmStart(directory.path);
  first.npm.kill('SIGTERM');
  await eventually(async () => !(await answers(first.url)), { what: 'the end of the service' });
  // It refuses to start as long as a store of the first has the data open.
  const second = await eventually(() => npmStart(directory.path), { what: 'another start', every: 500 });
  second.npm.kill('SIGTERM');
  await eventually(async () => !(await answers(second.url)), { what: 'the end of the second' });
  await eventually(() => directory.remove().then(() => true));
  expect(await answers(second.url)).toBe(false);
});
