/** `npm run bench -- growth [--calls 1000000]`: what the same work costs in a ledger of ten times, a hundred times more. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../src/embedded/postgres/start.ts';
import { ask } from './ask.ts';
import { type CallLedger, caughtUp, startCallLedger } from './call-ledger.ts';
import { offer } from './freshness/offer.ts';
import { seedCalls } from './growth/seed.ts';
import { type Sizes, sizesOf } from './growth/sizes.ts';
import { load } from './load.ts';
import { numbersOf } from './options.ts';
import { percentile } from './percentiles.ts';
import { FACTS_PER_CALL, factsOfCall } from './rebuild/facts.ts';

const SIZES = [10_000, 100_000, 1_000_000];
/** Facts a second at which freshness is measured: far below what the machine can do, so that growth is what shows. */
const RATE = 50;

export async function benchGrowth(args: readonly string[]): Promise<void> {
  const { calls: most, seconds } = numbersOf(args, { calls: 100_000, seconds: 5 });
  const folder = await mkdtemp(join(tmpdir(), 'call-ledger-bench-'));
  await chmod(folder, 0o755); // as root Postgres is another user
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  try {
    const rows: Record<string, string | number>[] = [];
    let before = 0;
    for (const calls of SIZES.filter((size) => size <= most)) {
      await seedCalls(folder, before, calls);
      const began = performance.now();
      const service = await startCallLedger(folder, { DATABASE_URL: postgres.url });
      const caughtUpIn = (performance.now() - began) / 1000;
      try {
        await client.query('vacuum analyze'); // as autovacuum would within a minute
        const sizes = await sizesOf(folder, client);
        const { accepted, ...costs } = await costsOf(service, calls, seconds);
        const after = await sizesOf(folder, client);
        rows.push({
          calls,
          'catch-up facts/s': Math.round(((calls - before) * FACTS_PER_CALL) / caughtUpIn),
          ...costs,
          ...perCall(sizes, calls),
          // With the signed bytes, which the seeded calls lack.
          'log KB/webhook': ((after.eventStore - sizes.eventStore) / 1000 / accepted).toFixed(2),
        });
        console.table(rows.slice(-1));
      } finally {
        await service.stop();
      }
      before = calls;
    }
    console.table(rows);
  } finally {
    await client.end();
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function costsOf(service: CallLedger, calls: number, seconds: number) {
  const { url, webhookKey, apiKey } = service;
  const warm = await load(url, webhookKey, { connections: 8, seconds: 1, bytes: 1000 });
  const door = await load(url, webhookKey, { connections: 8, seconds, bytes: 1000 });
  await caughtUp(url);
  const { toVisible, toAnswer } = await offer(service, RATE, seconds);
  const any = () =>
    `/api/call-sessions/${factsOfCall(Math.floor(Math.random() * calls))[0]!.callId.replace('call_', 'cs_')}`;
  const one = await ask(url, any, apiKey, 8, seconds);
  const page = await ask(
    url,
    () => '/api/call-sessions?status=confirmed&direction=outbound&from=2026-01-05T08:00:00Z&to=2026-01-05T10:00:00Z',
    apiKey,
    8,
    seconds,
  );
  return {
    accepted: warm.accepted + door.accepted + toAnswer.length,
    'accepted/s': Math.round(door.perSecond),
    'door p99 ms': door.p99,
    'fresh p50 ms': percentile(toVisible, 0.5),
    'fresh p99 ms': percentile(toVisible, 0.99),
    'one p99 ms': one.p99,
    'page p99 ms': page.p99,
  };
}

const perCall = ({ eventStore, database, indexes }: Sizes, calls: number) => ({
  'database MB': Math.round(database / 1e6),
  'of it indexes': Math.round(indexes / 1e6),
  'log MB': Math.round(eventStore / 1e6),
  'log KB/call': (eventStore / 1000 / calls).toFixed(2),
});
