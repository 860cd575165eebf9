/**
 * The tests: types, lint, then vitest. Ends with one line: `N passed, N failed[, N skipped]`.
 * Anything else on the command line goes to vitest (`npm test -- test/events`).
 */
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answerHelp } from '../src/help.ts';
import { runToEnd } from './support/run-to-end.ts';

answerHelp(`usage: npm test [-- <file, folder or option of vitest>…]

Types, lint, then the tests: some minutes. It starts all that it needs, and ends with one line: N passed, N failed. Long ones
(*.long.test.ts: killed processes, full disks, floods, random orders) are left out, unless they or their folder are named.

  npm run test:all             every test: a quarter of an hour
  npm test -- test/events      the tests of a folder
  npx vitest --help            what vitest takes`);

const given = process.argv.slice(2).filter((word) => word !== '--all');
if (process.argv.includes('--all')) process.env.LONG_TESTS = 'yes';

/** Vitest takes some minutes; what takes so much longer does not end by itself. */
const LIMIT_MS = 40 * 60_000;

const folder = mkdtempSync(join(tmpdir(), 'call-ledger-tests-'));
const report = join(folder, 'report.json');

const run = (title: string, command: string, args: readonly string[]): Promise<boolean> => {
  console.log(`\n── ${title}`);
  return runToEnd(command, args, LIMIT_MS);
};

const checks = [
  await run('types', 'tsc', ['-p', '.']),
  await run('lint', 'biome', ['check', '--error-on-warnings', '.']),
];
const green = await run('vitest', 'vitest', [
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...given,
]);

type Counts = { numPassedTests: number; numFailedTests: number; numPendingTests: number; numFailedTestSuites: number };
const counts = ((): Counts | undefined => {
  try {
    return JSON.parse(readFileSync(report, 'utf8')) as Counts;
  } catch {
    return undefined; // vitest itself broke: counted as a failure below
  }
})();
rmSync(folder, { recursive: true, force: true });

if (!process.env.LONG_TESTS && given.length === 0) {
  const long = globSync('test/**/*.long.test.ts', { cwd: join(import.meta.dirname, '..') });
  console.log(`\n${long.length} files of long tests are left out: npm run test:all`);
}

const passed = (counts?.numPassedTests ?? 0) + checks.filter(Boolean).length;
const failedTests = (counts?.numFailedTests ?? 0) + checks.filter((ok) => !ok).length;
// A file that does not load, or an unhandled error, fails vitest without failing a test.
const failed = failedTests === 0 && !green ? 1 : failedTests;
const skipped = counts?.numPendingTests ?? 0;
console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
// What a test has left running may still hold a pipe to us: the end does not wait for it.
process.exit(failed === 0 ? 0 : 1);
