import type { Answers, Parked } from '../api.ts';
import { allPages, type Cli, tryEach } from '../cli.ts';
import { Failure } from '../failure.ts';
import type { Verb } from '../program.ts';
import { type Columns, examples, fields, table } from '../text.ts';

const columns: Columns<Parked> = {
  PARKED: 'parkedAt',
  PROJECTION: 'projection',
  POSITION: 'position',
  WAITING: 'waiting',
  ATTEMPTS: 'attempts',
  ID: 'id',
  ERROR: 'error',
};

export const parkedTable = (items: readonly Parked[]): string => table(items, columns);

/** All that is parked, of one projection or of every one; the newest first. */
export const allParked = ({ admin }: Cli, projection: string | undefined): Promise<Parked[]> =>
  allPages((cursor) => admin.call('GET /api/parked', { query: { limit: '200', projection, cursor } }));

/** Streams that a broken fact has set aside. */
export const verb: Verb = (program, cli) => {
  const parked = program.command('parked').description('streams that are set aside because a fact breaks a projection');

  type ListOptions = { projection?: string; limit?: string; cursor?: string };
  parked
    .command('list')
    .description('what is parked, newest first')
    .option('--projection <name>', 'of this projection only')
    .option('--limit <n>', 'at most so many: 1 to 200 (50)')
    .option('--cursor <cursor>', 'the page after another')
    .addHelpText('after', examples('parked list', 'parked list --projection calls'))
    .action(async (query: ListOptions) =>
      cli.list(await cli.admin.call('GET /api/parked', { query }), columns, 'Nothing is parked.'),
    );

  parked
    .command('show <id>')
    .description('one of them: the broken fact, why, and what queues behind it')
    .addHelpText('after', examples('parked show call_sessions.1.1309'))
    .action(async (id: string) => {
      const item = await cli.admin.call('GET /api/parked/{id}', { path: { id } });
      const { waitingFacts, ...rest } = item;
      const columns = { RECORDED: 'recordedAt', POSITION: 'position', REVISION: 'revision', TYPE: 'type' } as const;
      const waiting = table(waitingFacts, columns);
      cli.answer(item, `${fields(rest)}${waitingFacts.length > 0 ? `\n\n${waiting}` : ''}`);
    });

  type RedriveOptions = { all?: true; projection?: string };
  parked
    .command('redrive [ids...]')
    .description('try them again, after the code was mended: in order, from the broken fact on')
    .option('--all', 'everything that is parked')
    .option('--projection <name>', 'with --all: of this projection only')
    .addHelpText('after', examples('parked redrive call_sessions.1.1309', 'parked redrive --all'))
    .action(async (named: readonly string[], { all, projection }: RedriveOptions) => {
      if (named.length > 0 === (all !== undefined))
        throw new Failure(2, 'Which ones?', { remedy: 'Give ids (parked list), or say --all.' });
      if (projection && !all)
        throw new Failure(2, '--projection goes with --all.', { remedy: 'Add --all, or leave it out.' });
      // All are listed before the first is tried: what stays parked would be listed again and again.
      const ids = all ? (await allParked(cli, projection)).map(({ id }) => id).reverse() : named;
      const results = await tryEach<Redriven>(
        ids,
        (id) => cli.admin.call('POST /api/parked/{id}/redrive', { path: { id } }),
        (id, error) => ({ id, outcome: 'not_tried', error }),
      );
      if (results.some(({ outcome }) => outcome !== 'redriven')) cli.no();
      cli.answer(results, results.length > 0 ? results.map(resultText).join('\n') : 'Nothing is parked.');
    });
};

type Redriven =
  | Answers['POST /api/parked/{id}/redrive']
  | { readonly id: string; readonly outcome: 'not_tried'; readonly error: string };

function resultText(result: Redriven): string {
  const { id, error } = result;
  if (result.outcome === 'redriven') return `${id} is redriven: nothing of its stream waits any more`;
  if (result.outcome === 'still_parked') return `${id} is still parked, at position ${result.position}: ${error}`;
  if (result.outcome === 'requested') return `${id} is requested: no process has tried it yet (parked show ${id})`;
  return `${id} was not tried: ${error}`;
}
