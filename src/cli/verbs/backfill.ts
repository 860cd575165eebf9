import { Failure } from '../failure.ts';
import type { Verb } from '../program.ts';
import { examples, instantOf } from '../text.ts';
import { runToTheEnd } from './reconcile.ts';

/** A past period of a tenant, as if its webhooks had come. */
export const verb: Verb = (program, cli) => {
  program
    .command('backfill')
    .description('import the calls that ended in a past period; interrupted, it goes on where it was')
    .requiredOption('--tenant <id>', 'whose calls')
    .requiredOption('--from <time>', 'for example 2026-01-01')
    .requiredOption('--to <time>', 'for example 2026-02-01, which is not part of it')
    .addHelpText('after', examples('backfill --tenant acme --from 2026-01-01 --to 2026-02-01'))
    .action(async ({ tenant, from, to }: { tenant: string; from: string; to: string }) => {
      const [since, until] = [instantOf(from, '--from'), instantOf(to, '--to')];
      if (since >= until) throw new Failure(2, 'The period ends before it begins.');
      await runToTheEnd(cli, { tenant, since, to: until });
    });
};
