import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lockDataDirectory } from '../../src/embedded/event-store/data-directory.ts';
import { clusterIn } from '../../src/embedded/postgres/cluster.ts';
import { lockDirectory } from '../../src/embedded/postgres/directory.ts';
import { processesIn } from '../../src/embedded/postgres/processes.ts';
import { dataDirectory, inherited } from '../support/service.ts';

const ROOT = join(import.meta.dirname, '../..');

let directory: Awaited<ReturnType<typeof dataDirectory>>;
const groups: number[] = [];
let isOver = false;
beforeAll(async () => {
  directory = await dataDirectory();
});
afterAll(async () => {
  isOver = true; // a round that has failed begins no other
  for (const group of groups)
    try {
      process.kill(-group, 'SIGKILL');
    } catch {} // nobody is left, as it should be
  await directory.remove();
});

/** `npm …` as a process manager runs it; `gone` settles when everybody who could write to its output has ended. */
function npm(args: readonly string[], says: RegExp) {
  const child = spawn('npm', args, {
    ...{ cwd: ROOT, detached: true, stdio: ['ignore', 'pipe', 'inherit'] },
    env: { ...inherited, HOME: process.env.HOME ?? '', PORT: '0', LOG_LEVEL: 'info', DATA_DIR: directory.path },
  });
  groups.push(child.pid!);
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  const lines = createInterface({ input: child.stdout! }).on('line', (line) => says.test(line) && resolve());
  const gone = once(lines, 'close').then(() => reject(new Error('it has ended before it was ready')));
  ready.catch(() => {});
  return { ready, gone, endNpmAlone: () => process.kill(child.pid!, 'SIGTERM') };
}

async function endsWithNpm(args: readonly string[], says: RegExp) {
  const running = npm(args, says);
  await running.ready;
  running.endNpmAlone();
  await running.gone;
}

test.concurrent('npm start ends with npm, stores and all, and leaves its data to the next one', async () => {
  await endsWithNpm(['start'], /"msg":"listening"/);
  lockDataDirectory(join(directory.path, 'eventstore')).release();
  const postgres = join(directory.path, 'postgres');
  const lock = lockDirectory(postgres);
  expect(lock).not.toBe('in use');
  if (lock !== 'in use') lock.release();
  expect(await processesIn(clusterIn(postgres))).toEqual([]);
});

test.concurrent('npm run eventstore does too, and can be started again on the same data', async () => {
  const args = ['run', 'eventstore', '--', '--port', '0', '--data', join(directory.path, 'alone')];
  for (let round = 1; round <= 2 && !isOver; round++) await endsWithNpm(args, /^esdb:/);
  expect(isOver).toBe(false);
});
