/** `npm run bench -- rebuild [--facts 1000000]`: facts a second into an empty read model, beside what only counts them. */
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { spawnEventStore } from '../src/embedded/event-store/spawn.ts';
import { startEmbeddedPostgres } from '../src/embedded/postgres/start.ts';
import { projections } from '../src/projections/index.ts';
import { emmett } from './emmett.ts';
import { numbersOf } from './options.ts';
import { cpuOf } from './rebuild/cpu-of.ts';
import { FACTS_PER_CALL } from './rebuild/facts.ts';
import { inProcess, type Measured } from './rebuild/in-process.ts';
import { printProfile } from './rebuild/profile.ts';
import { print, type Run } from './rebuild/report.ts';
import { seed } from './rebuild/seed.ts';

const program = (file: string) => join(import.meta.dirname, 'rebuild', file);

export async function benchRebuild(args: readonly string[]): Promise<void> {
  const choices = choicesOf(args);
  const rival = emmett('rebuild.js');
  const folder = await mkdtemp(join(tmpdir(), 'call-ledger-bench-'));
  await chmod(folder, 0o755); // as root Postgres is another user
  try {
    await compare(folder, choices, rival);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function compare(folder: string, choices: Choices, rival: string | undefined): Promise<void> {
  const { names, prefixes, rounds, profile } = choices;
  const dataDir = join(choices.data ?? folder, `facts-${choices.facts}`);
  const { facts, calls, meanBytes } = await seed(dataDir, choices.facts);
  const node = await spawnEventStore({ dataDir });
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
  const postmaster = Number.parseInt(await readFile(join(folder, 'postgres/cluster/postmaster.pid'), 'utf8'), 10);
  const { url } = node;

  const runs: Run[] = [];
  const run = async (name: string, expected: number | undefined, work: () => Promise<Measured>) => {
    const [store, database] = [await cpuOf(node.pid), await cpuOf(postmaster)];
    const measured = await work();
    const others = { storeCpu: (await cpuOf(node.pid)) - store, postgresCpu: (await cpuOf(postmaster)) - database };
    runs.push({ name, expected, ...measured, ...others });
  };
  const count = (how: string) => () => inProcess(program('count.ts'), { how, url, prefixes, facts });
  const rebuild = async (...flags: string[]) =>
    inProcess(program('projections.ts'), { names, url, databaseUrl: await emptyDatabase(postgres), facts }, flags);
  const fewer = Math.min(calls, Math.ceil(choices.baseline / FACTS_PER_CALL));
  const beside = (pulling: object | undefined) => async () =>
    inProcess(rival!, { calls: fewer, pulling, databaseUrl: await emptyDatabase(postgres) });
  try {
    for (let round = 0; round < rounds; round++) {
      await run('client', facts, count('client'));
      await run('event log', facts, count('event log'));
      await run('rebuild', ROW_PER_CALL.has(names[0]!) ? calls : undefined, rebuild);
      if (rival === undefined) continue;
      for (const [name, pulling] of Object.entries(PULLING)) await run(name, fewer * FACTS_PER_CALL, beside(pulling));
    }
    print(runs, `rebuild of ${names.join(', ')}: ${facts} facts of ${meanBytes} bytes, ${calls} calls`);
    if (!profile) return;
    await rebuild('--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-name=rebuild.cpuprofile');
    await printProfile(join(folder, 'rebuild.cpuprofile'));
  } finally {
    await postgres.stop();
    await node.stop();
  }
}

/** The baseline with its own settings, and in larger batches without a pause. */
const PULLING = { emmett: undefined, 'emmett, tuned': { batchSize: 500, pullingFrequencyInMs: 0 } } as const;

/** Here every call names a session and an appointment of its own. */
const ROW_PER_CALL: ReadonlySet<string> = new Set(['calls']);

type Choices = ReturnType<typeof choicesOf>;

function choicesOf(args: readonly string[]) {
  const numbers = numbersOf(args, { facts: 100_000, rounds: 2, baseline: 99_999 });
  const options = { projection: { type: 'string' }, profile: { type: 'boolean' }, data: { type: 'string' } } as const;
  const { values } = parseArgs({ args: [...args], options, strict: false });
  const { projection = 'calls', profile = false, data } = values;
  const all = projections;
  const chosen = all.filter(({ name }) => projection === 'all' || name === projection);
  const names = chosen.map(({ name }) => name);
  if (names.length === 0)
    throw new Error(`--projection takes all, ${all.map(({ name }) => name).join(', ')}; not "${projection}".`);
  const prefixes = [...new Set(chosen.flatMap((one) => one.prefixes))];
  return { ...numbers, names, prefixes, profile: profile === true, data: typeof data === 'string' ? data : undefined };
}

/** The one before it goes: nothing of it is left to be written while the next one is measured. */
async function emptyDatabase({ url, adminUrl }: { readonly url: string; readonly adminUrl: string }): Promise<string> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  await admin.query('drop database if exists bench with (force)');
  await admin.query('create database bench owner call_ledger');
  await admin.query('checkpoint');
  await admin.end();
  return Object.assign(new URL(url), { pathname: '/bench' }).href;
}
