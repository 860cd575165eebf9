/** `npm run bench -- door`: accepted webhooks per second beside two baselines on the same machine, in the same run. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../src/embedded/postgres/start.ts';
import { load, type Measured } from './load.ts';
import { start } from './processes.ts';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 6);
const ROUNDS = 2;
const key = 'key_bench_0123456789abcdef';

export async function benchDoor(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'call-ledger-bench-'));
  const here = (file: string) => join(import.meta.dirname, file);
  await chmod(folder, 0o755); // as root Postgres is another user
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
  const common = { RETELL_WEBHOOK_SECRET: key, DATABASE_URL: postgres.url };
  const doors = {
    'Call Ledger': await start(here('../src/main.ts'), { ...common, PORT: '0', DATA_DIR: folder, LOG_LEVEL: 'info' }),
    'ingest only': await start(here('../src/main.ts'), {
      ...common,
      PORT: '0',
      DATA_DIR: join(folder, 'ingest'),
      ROLES: 'ingest',
    }),
    '(a) Express + one INSERT': await start(here('baselines/express-insert.ts'), common),
    '(b) Hono, nothing stored': await start(here('baselines/hono-hmac.ts'), common),
  };
  try {
    for (const { url } of Object.values(doors)) await load(url, key, 8, 2); // warm
    const rows: Record<string, string | number>[] = [];
    for (const connections of [1, 8, 32]) {
      const measured = new Map<string, Measured[]>();
      for (let round = 0; round < ROUNDS; round++)
        for (const [name, { url }] of Object.entries(doors))
          measured.set(name, [...(measured.get(name) ?? []), await load(url, key, connections, SECONDS)]);
      const best = new Map(
        [...measured].map(([name, all]) => [name, all.toSorted((a, b) => b.perSecond - a.perSecond)[0]!]),
      );
      const base = best.get('(a) Express + one INSERT')!;
      for (const [door, { perSecond, p50, p99, refused }] of best)
        rows.push({
          connections,
          door,
          'accepted/s': Math.round(perSecond),
          'p50 ms': p50,
          'p99 ms': p99,
          refused,
          '× (a)': (perSecond / base.perSecond).toFixed(2),
        });
    }
    console.table(rows);
  } finally {
    await Promise.all(Object.values(doors).map((door) => door.stop()));
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
