import { RetellAway } from '../../retell/list-calls.ts';
import { askForCalls } from './ask-for-calls.ts';
import { readLists } from './lists.ts';
import type { RunOptions, TenantRun } from './run.ts';

/** Reads the lists, then asks for every call of which something is missing. Throws when a store is away. */
export async function reconcileTenant(run: TenantRun, options: RunOptions): Promise<void> {
  const { report, logger } = run;
  const unlessAway = async (step: Promise<void>) => {
    try {
      await step;
    } catch (error) {
      if (!(error instanceof RetellAway)) throw error;
      report.cause ??= error.message;
    }
  };
  await unlessAway(readLists(run, options));
  report.phase = 'calls';
  await unlessAway(askForCalls(run, options));
  report.phase = report.cause === undefined ? 'done' : 'later';
  const { phase: _, ...counted } = report;
  logger[report.cause === undefined ? 'info' : 'warn']({ event: 'reconciled', ...counted }, 'reconciliation');
}
