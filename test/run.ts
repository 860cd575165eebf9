/**
 * All tests: types, lint, then vitest. Ends with one line: `N passed, N failed[, N skipped]`.
 * Anything on the command line goes to vitest (`npm test -- test/events`).
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'call-ledger-tests-'));
const report = join(folder, 'report.json');

const run = (title: string, command: string, args: readonly string[]): boolean => {
  console.log(`\n── ${title}`);
  return spawnSync(command, args, { stdio: 'inherit' }).status === 0;
};

const checks = [run('types', 'tsc', ['-p', '.']), run('lint', 'biome', ['check', '--error-on-warnings', '.'])];
const green = run('vitest', 'vitest', [
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...process.argv.slice(2),
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

const passed = (counts?.numPassedTests ?? 0) + checks.filter(Boolean).length;
const failedTests = (counts?.numFailedTests ?? 0) + checks.filter((ok) => !ok).length;
// A file that does not load, or an unhandled error, fails vitest without failing a test.
const failed = failedTests === 0 && !green ? 1 : failedTests;
const skipped = counts?.numPendingTests ?? 0;
console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed === 0 ? 0 : 1;
