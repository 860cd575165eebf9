import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { scratchInMemory } from './test/support/scratch.ts';

// Before the workers start, which have it from here.
const scratch = process.env.TMPDIR ? undefined : scratchInMemory();
if (scratch) process.env.TMPDIR = scratch;
// Many tests start processes of ours; half of what that costs is reading the same sources again.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/compiled-for-tests');

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // What kills, fills, floods or tries many orders takes as long as all the rest: `npm run test:all`, or by name.
    exclude:
      process.env.LONG_TESTS || process.argv.some((word) => word.startsWith('test/')) ? [] : ['**/*.long.test.ts'],
    globalSetup: ['test/support/global-postgres.ts'],
    pool: 'forks',
    // Two more than the cores of a small machine: half of the time a test waits for a timer or for another process.
    // A fifth of the run would go into evaluating the same modules again for each file: one set of them serves a worker's files.
    // So a hook is registered by a function that the test file calls, never by a shared module as it is evaluated.
    isolate: false,
    // Node loads the files itself, as it does for a user: a sixth of the run went into transforming them for Vite's runner.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    maxWorkers: 4,
    // What hangs is found in time; what is slow is slow because the machine has other work.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    restoreMocks: true,
  },
});
