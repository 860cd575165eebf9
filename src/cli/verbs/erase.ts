import { Option } from 'commander';
import type { Erasure } from '../api.ts';
import type { Verb } from '../program.ts';
import { bar, watch } from '../progress.ts';
import { examples, fields } from '../text.ts';

type Options = {
  readonly tenant: string;
  readonly phone?: string;
  readonly customer?: string;
  readonly call?: string;
  readonly session?: string;
  readonly reason?: string;
  readonly deleteAtRetell?: true;
};

const line = ({ state, calls, erased }: Erasure): string =>
  `${bar(calls === 0 ? 0 : erased / calls)} ${state}: ${erased} of ${calls} calls`;

/** Erasing a person. */
export const verb: Verb = (program, cli) => {
  program
    .command('erase')
    .description('erase a person for good, and wait until it is done; exit code 1: it failed')
    .option('--tenant <id>', 'whose calls', 'default')
    .option('--phone <number>', 'every call from or to it')
    .option('--customer <id>', 'the same for the number of a customer')
    .option('--call <id>', "one call, by Retell's id")
    .option('--session <id>', 'one call session')
    .option('--reason <text>', 'kept for good: name nobody')
    .addOption(new Option('--delete-at-retell', 'have Retell delete its calls as well'))
    .addHelpText('after', examples('erase --tenant acme --phone +4930123456 --reason "case 4711"'))
    .action(async ({ tenant, phone, customer, call, session, reason, deleteAtRetell }: Options) => {
      const body = { tenantId: tenant, phone, customerId: customer, callId: call, callSessionId: session, reason };
      const first = await cli.admin.call('POST /api/erasures', { body: { ...body, deleteAtRetell } });
      const last = await watch(cli, first, {
        read: () => cli.admin.call('GET /api/erasures/{id}', { path: { id: first.id } }),
        isOver: ({ state }) => state === 'done' || state === 'failed',
        line,
        steps: (erasure) => [{ id: erasure.id, stage: `${erasure.state} ${erasure.erased}`, text: line(erasure) }],
      });
      if (last.state === 'failed') cli.no();
      cli.answer(
        last,
        fields({
          id: last.id,
          state: last.failed === undefined ? last.state : `${last.state}: ${last.failed}`,
          'calls erased': `${last.erased} of ${last.calls}`,
          'bodies in quarantine': `${last.quarantined}`,
          'deleted at Retell': last.deletedAtRetell === undefined ? undefined : `${last.deletedAtRetell}`,
          'not deleted there': last.notDeletedAtRetell && JSON.stringify(last.notDeletedAtRetell),
          "in the stores' files": last.physical === 'done' ? 'gone' : (last.physicalDetail ?? last.physical),
        }),
      );
    });
};
