import type { Operation, Projection } from '../api.ts';
import type { Cli } from '../cli.ts';
import { Failure } from '../failure.ts';
import { follow, notComparedOf, outcomeOf, percentOf, verificationOf } from '../operations.ts';
import type { Verb } from '../program.ts';
import { examples } from '../text.ts';
import { allParked, parkedTable } from './parked.ts';

/** Shows the state of the read model, and rebuilds it. */
export const verb: Verb = (program, cli) => {
  const projections = program.command('projections').description('the read model: how it stands, and building it anew');

  projections
    .command('list')
    .description('each projection, how far it is, and what is being built beside it')
    .addHelpText('after', examples('projections list'))
    .action(async () =>
      cli.list(await cli.admin.call('GET /api/projections'), {
        NAME: 'name',
        VERSION: 'version',
        GENERATION: 'generation',
        STATE: ({ state, stale }) => (stale ? 'stale' : state),
        CHECKPOINT: 'checkpoint',
        BEHIND: ({ lagEvents, caughtUp }) => lagEvents ?? (caughtUp ? 0 : 'unknown'),
        BUILDING: ({ building }) => building && buildingText(building),
        PREVIOUS: ({ previous }) => previous && `${previous.generation} (version ${previous.version})`,
      }),
    );

  projections
    .command('rebuild [name]')
    .description('builds a projection (calls) anew from the log, beside the live one, and puts it in its place')
    .option('--all', 'every projection')
    .option('--no-wait', 'only request it')
    .option('--accept-parked', 'go on however many streams break, and park them')
    .addHelpText('after', examples('projections rebuild', 'projections rebuild --all --no-wait'))
    .action(async (name: string | undefined, { all, wait, acceptParked }: RebuildOptions) => {
      const which = whichOf(name, all);
      const { ids, refused } = await requestEach(cli, which, 'rebuild', acceptParked && { acceptParked });
      for (const why of refused) cli.remark(why);
      if (refused.length > 0) cli.no();
      if (!wait) {
        const requested = ids.map((operationId) => ({ operationId }));
        return cli.answer(all ? requested : requested[0], ids.map((id) => `requested: operation ${id}`).join('\n'));
      }
      const operations = await follow(cli, ids);
      const outcomes: string[] = [];
      for (const operation of operations) outcomes.push(await swapped(cli, operation));
      cli.answer(all ? operations : operations[0], outcomes.join('\n'));
    });

  projections
    .command('swap-back [name]')
    .description('makes the generation live again that a rebuild has replaced, once it has caught up')
    .option('--no-wait', 'only request it')
    .addHelpText('after', examples('projections swap-back'))
    .action(async (name = CALLS, { wait }: { wait: boolean }) => {
      const operationId = await request(cli, name, 'swap-back');
      if (!wait) return cli.answer({ operationId }, `requested: operation ${operationId}`);
      const [operation] = await follow(cli, [operationId]);
      cli.answer(operation, await swapped(cli, operation!));
    });

  projections
    .command('accept-parked [name]')
    .description('lets the generation that a release builds go on, although it parks more than REBUILD_MAX_PARKED')
    .addHelpText('after', examples('projections accept-parked'))
    .action(async (name = CALLS) => {
      const answer = await cli.admin.call('POST /api/projections/{name}/accept-parked', { path: { name } });
      cli.answer(
        answer,
        `${name}: generation ${answer.generation} goes on, with ${answer.parked} streams parked so far`,
      );
    });

  projections
    .command('verify [name]')
    .description(
      'proves that a projection (calls) is what the log says; exit code 0: it is, 1: it differs, 2: could not be done',
    )
    .option('--all', 'every projection')
    .addHelpText('after', examples('projections verify', 'projections verify --all --json'))
    .action(async (name: string | undefined, { all }: { all?: true }) => {
      const which = whichOf(name, all);
      const { operations, refused } = await verifyEach(cli, which).catch(couldNot);
      const found = operations.filter(({ state }) => state === 'succeeded');
      const differs = found.some((operation) => !verificationOf(operation).equal);
      if (differs) cli.no();
      if (found.length > 0) cli.answer(all ? found : found[0], found.map(outcomeOf).join('\n\n'));
      const failed = operations.filter(({ state }) => state !== 'succeeded').map(outcomeOf);
      const inPart = found.flatMap(notComparedOf);
      const unknown = [...refused, ...failed];
      if (unknown.length > 0 || (inPart.length > 0 && !differs))
        throw new Failure(2, [...unknown, ...inPart].join('\n'));
      for (const why of inPart) cli.remark(why);
    });

  projections
    .command('operations')
    .description('what was requested, how far it is and what came of it, the newest first')
    .option('--limit <n>', 'at most so many: 1 to 200 (50)')
    .addHelpText('after', examples('projections operations --limit 5'))
    .action(async ({ limit }: { limit?: string }) =>
      cli.list(
        await cli.admin.call('GET /api/operations', { query: { limit } }),
        {
          REQUESTED: 'requestedAt',
          KIND: 'kind',
          PROJECTION: 'projection',
          STATE: 'state',
          DONE: percentOf,
          FINISHED: 'finishedAt',
          ID: 'id',
          WHY: ({ error }) => error?.message,
        },
        'Nothing was requested yet.',
      ),
    );

  projections
    .command('cancel <operation>')
    .description('ends what is queued or under way; what it has half built is dropped')
    .addHelpText('after', examples('projections cancel 3f0e8f6e-3c56-4be5-9f5e-3f2c0f1d7a11'))
    .action(async (id: string) => {
      const operation = await cli.admin.call('POST /api/operations/{id}/cancel', { path: { id } });
      cli.answer(operation, outcomeOf(operation));
    });
};

function buildingText({ generation, done, total, parked, heldUp }: NonNullable<Projection['building']>): string {
  const share = Math.floor((100 * done) / Math.max(1, total));
  return `${generation}: ${share} %${parked > 0 ? `, ${parked} parked` : ''}${heldUp ? ', held up' : ''}`;
}

/** What is meant where no name is given. */
const CALLS = 'calls';

/** Undefined: all. */
function whichOf(name: string | undefined, all: true | undefined): string | undefined {
  if (name !== undefined && all)
    throw new Failure(2, 'Which one?', { remedy: 'Name a projection (projections list), or say --all.' });
  return all ? undefined : (name ?? CALLS);
}

type RebuildOptions = { readonly all?: true; readonly wait: boolean; readonly acceptParked?: true };

/** What came of a rebuild or a swap back, and what is parked now: either is a reason to look, and no plain success. */
async function swapped(cli: Cli, operation: Operation): Promise<string> {
  const { projection, state, result } = operation;
  const parked = state === 'succeeded' && result?.parked ? await allParked(cli, projection) : [];
  if (state !== 'succeeded' || result?.parked) cli.no();
  return [outcomeOf(operation), ...(parked.length > 0 ? [parkedTable(parked)] : [])].join('\n');
}

type Requested = { readonly ids: readonly string[]; readonly refused: readonly string[] };

/** Of one, or of all: then what is refused for one of them does not keep the others from it. */
async function requestEach(
  cli: Cli,
  name: string | undefined,
  what: 'rebuild' | 'verify',
  order?: object,
): Promise<Requested> {
  if (name !== undefined) return { ids: [await request(cli, name, what, order)], refused: [] };
  const { items } = await cli.admin.call('GET /api/projections');
  const ids: string[] = [];
  const refused: string[] = [];
  for (const { name } of items) {
    try {
      ids.push(await request(cli, name, what, order));
    } catch (error) {
      if (!(error instanceof Failure) || error.details.status !== 409) throw error;
      refused.push(`${name}: ${error.message}`);
    }
  }
  return { ids, refused };
}

async function verifyEach(cli: Cli, name: string | undefined) {
  const { ids, refused } = await requestEach(cli, name, 'verify');
  return { operations: ids.length > 0 ? await follow(cli, ids) : [], refused };
}

/** Exit code 1 is for differences alone. */
function couldNot(error: unknown): never {
  throw error instanceof Failure ? new Failure(2, error.message, error.details) : error;
}

async function request(
  cli: Cli,
  name: string,
  what: 'rebuild' | 'verify' | 'swap-back',
  order?: object,
): Promise<string> {
  const { operationId } = await cli.admin.call(`POST /api/projections/{name}/${what}`, { path: { name }, body: order });
  return operationId;
}
