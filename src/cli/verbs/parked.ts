import type { JsonObject } from '../../events/json.ts';
import { Failure } from '../failure.ts';
import { pageOf, parkedIn, parkedTable } from '../parked.ts';
import type { Verb } from '../program.ts';
import { examples, fields, table } from '../text.ts';

type Waiting = {
  readonly position: string;
  readonly revision: number;
  readonly type: string;
  readonly recordedAt: string;
};

const pathOf = (id: string) => `/api/parked/${encodeURIComponent(id)}`;

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
    .action(async (options: ListOptions) => {
      const page = await pageOf(cli, options);
      cli.answer(page, page.items.length > 0 ? parkedTable(page.items) : 'Nothing is parked.');
      if (page.nextCursor) cli.remark(`There are more: --cursor ${page.nextCursor}`);
    });

  parked
    .command('show <id>')
    .description('one of them: the broken fact, why, and what queues behind it')
    .addHelpText('after', examples('parked show call_sessions.1.1309'))
    .action(async (id: string) => {
      const item = await cli.admin.get(pathOf(id));
      const { waitingFacts, ...rest } = item as JsonObject & { waitingFacts: unknown };
      const waiting = waitingFacts as readonly Waiting[];
      const behind = waiting.map((fact) => [fact.recordedAt, fact.position, fact.revision, fact.type]);
      const queue = behind.length > 0 ? `\n\n${table(['RECORDED', 'POSITION', 'REVISION', 'TYPE'], behind)}` : '';
      cli.answer(item, `${fields(rest)}${queue}`);
    });

  type RedriveOptions = { all?: true; projection?: string };
  parked
    .command('redrive [ids...]')
    .description('try them again, after the code was mended: in order, from the broken fact on')
    .option('--all', 'everything that is parked')
    .option('--projection <name>', 'with --all: of this projection only')
    .addHelpText('after', examples('parked redrive call_sessions.1.1309', 'parked redrive --all'))
    .action(async (ids: readonly string[], { all, projection }: RedriveOptions) => {
      if (ids.length > 0 === (all !== undefined))
        throw new Failure(2, 'Which ones?', { remedy: 'Give ids (parked list), or say --all.' });
      if (projection && !all)
        throw new Failure(2, '--projection goes with --all.', { remedy: 'Add --all, or leave it out.' });
      const results: JsonObject[] = [];
      // All of them before the first is tried: what stays parked would come again and again.
      const everything = all ? (await parkedIn(cli, projection)).map(({ id }) => id).reverse() : ids;
      for (const id of everything) results.push(await redrive(id));
      if (results.some(({ outcome }) => outcome !== 'redriven')) cli.no();
      cli.answer(results, results.length > 0 ? results.map(toldOf).join('\n') : 'Nothing is parked.');
    });

  /** What the service refuses for one of them does not keep the others from being tried. */
  async function redrive(id: string): Promise<JsonObject> {
    try {
      return await cli.admin.send('POST', `${pathOf(id)}/redrive`);
    } catch (error) {
      if (!(error instanceof Failure) || error.exitCode !== 1 || error.details.status === 401) throw error;
      return { id, outcome: 'not_tried', error: error.message };
    }
  }
};

function toldOf({ id, outcome, error, position }: JsonObject): string {
  if (outcome === 'redriven') return `${id} is redriven: nothing of its stream waits any more`;
  if (outcome === 'still_parked') return `${id} is still parked, at position ${position}: ${error}`;
  if (outcome === 'requested') return `${id} is requested: no process has tried it yet (parked show ${id})`;
  return `${id} was not tried: ${error}`;
}
