/** `npm run soak [-- --minutes 20 --rate 10]`: whether anything grows in a service that runs under steady traffic. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { credentialsPath, parseCredentials } from '../src/credentials.ts';
import { startEmbeddedPostgres } from '../src/embedded/postgres/start.ts';
import { answerHelp } from '../src/help.ts';
import { caughtUp } from './call-ledger.ts';
import { numbersOf } from './options.ts';
import type { Held } from './soak/sampler.ts';
import { traffic } from './soak/traffic.ts';
import { grows, type Sample, trendOf } from './soak/trend.ts';

/** What may grow in ten minutes, beyond chance; what is not in here is shown and not judged. */
const ALLOWED: Readonly<Record<string, number>> = {
  heapMb: 3,
  files: 2,
  sockets: 2,
  timers: 2,
  others: 2,
  postgresConnections: 1,
  jobsWaiting: 5,
  eventStoreWalMb: 2,
};
const SAMPLES = 60;

/** Exit code 1 where something grows. */
async function soak(args: readonly string[]): Promise<void> {
  const { minutes, rate } = numbersOf(args, { minutes: 20, rate: 10 });
  const folder = await mkdtemp(join(tmpdir(), 'call-ledger-soak-'));
  await chmod(folder, 0o755); // as root Postgres is another user
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  const service = await startService(folder, postgres.url);
  const stopped = new AbortController();
  try {
    await caughtUp(service.url);
    const keys = parseCredentials(await readFile(credentialsPath(folder), 'utf8'));
    const target = {
      url: service.url,
      ...{
        webhookKey: keys.get('RETELL_WEBHOOK_SECRET')!,
        apiKey: keys.get('API_KEY')!,
        adminKey: keys.get('ADMIN_KEY')!,
      },
    };
    const done = traffic(target, rate, stopped.signal);
    const seen = new Map<string, Sample[]>();
    const began = performance.now();
    for (let i = 1; i <= SAMPLES; i++) {
      const at = began + (i / SAMPLES) * minutes * 60_000;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, at - performance.now())));
      const minute = (performance.now() - began) / 60_000;
      if (i % 6 === 0) console.error(`${Math.round(minute)} of ${minutes} minutes`);
      const all = { ...(await service.sample()), ...(await storesHold(folder, client)) };
      for (const [name, value] of Object.entries(all)) seen.set(name, [...(seen.get(name) ?? []), { minute, value }]);
    }
    stopped.abort();
    console.log(await done);
    process.exitCode = report(seen) ? 0 : 1;
  } finally {
    stopped.abort();
    await service.stop();
    await client.end();
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** True: nothing grows. */
function report(seen: ReadonlyMap<string, readonly Sample[]>): boolean {
  const rows = [...seen].map(([name, samples]) => {
    const trend = trendOf(samples);
    const allowed = ALLOWED[name];
    const isGrowing = trend !== undefined && allowed !== undefined && grows(trend, allowed);
    const two = (value: number | undefined) => value?.toFixed(2) ?? '–';
    const verdict = allowed === undefined ? '' : isGrowing ? 'GROWS' : 'steady';
    return {
      ...{ name, first: two(trend?.first), last: two(trend?.last), 'in 10 min': two(trend?.slope) },
      ...{ '±': two(trend?.give), allowed: allowed ?? '–', verdict },
    };
  });
  console.table(rows);
  return rows.every(({ verdict }) => verdict !== 'GROWS');
}

async function startService(folder: string, databaseUrl: string) {
  const main = join(import.meta.dirname, '../src/main.ts');
  const sampler = join(import.meta.dirname, 'soak/sampler.ts');
  const child = spawn(process.execPath, ['--expose-gc', '--import', sampler, main], {
    env: { PATH: process.env.PATH ?? '', PORT: '0', DATA_DIR: folder, DATABASE_URL: databaseUrl, LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const exited = once(child, 'exit');
  const leash = () => child.kill('SIGKILL');
  process.once('exit', leash);
  const url = await new Promise<string>((resolve, reject) => {
    void exited.then(() => reject(new Error('the service ended before it listened')));
    createInterface({ input: child.stderr! }).on('line', (line) => {
      const [found] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
      if (found) resolve(found);
    });
  });
  return {
    url,
    async sample(): Promise<Held> {
      child.send('sample');
      const [held] = (await once(child, 'message')) as [Held];
      return held;
    },
    async stop() {
      child.kill('SIGTERM');
      await exited;
      process.off('exit', leash);
    },
  };
}

async function storesHold(folder: string, client: pg.Client) {
  const { rows } = await client.query<Record<string, string>>(`
    select (select count(*) from pg_stat_activity where datname = current_database()) as "postgresConnections",
      (select count(*) from pgboss.job where state < 'completed') as "jobsWaiting",
      (select count(*) from pgboss.job) as "jobsKept",
      pg_database_size(current_database()) / 1e6 as "databaseMb"`);
  const wal = await stat(join(folder, 'eventstore/events.sqlite-wal')).catch(() => ({ size: 0 }));
  const numbers = Object.entries(rows[0]!).map(([name, value]) => [name, Number(value)]);
  return { ...(Object.fromEntries(numbers) as Record<string, number>), eventStoreWalMb: wal.size / 1e6 };
}

answerHelp(`usage: npm run soak [-- --minutes 20 --rate 10]

Runs the service under steady traffic, so many new calls a second: duplicates, late and forged webhooks, readers, listeners and
rebuilds. Ends with 1 when what it holds grows: memory, files, sockets, timers, connections, jobs. It starts all that it needs.`);
// One that is broken off takes what it has started with it.
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => process.exit(130));
await soak(process.argv.slice(2));
