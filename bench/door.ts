/** `npm run bench -- door`: accepted webhooks per second beside baselines on the same machine, in the same run. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../src/embedded/postgres/start.ts';
import { emmett } from './emmett.ts';
import { load, type Measured } from './load.ts';
import { numbersOf } from './options.ts';
import { start } from './processes.ts';

const ROUNDS = 2;
const key = 'key_bench_0123456789abcdef';

export async function benchDoor(args: readonly string[]): Promise<void> {
  const { seconds, bytes } = numbersOf(args, { seconds: 6, bytes: 1000 });
  const folder = await mkdtemp(join(tmpdir(), 'call-ledger-bench-'));
  const here = (file: string) => join(import.meta.dirname, file);
  await chmod(folder, 0o755); // as root Postgres is another user
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
  const common = { RETELL_WEBHOOK_SECRET: key, DATABASE_URL: postgres.url };
  const peer = emmett('door.js');
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
    ...(peer && { '(c) Express + emmett': await start(peer, common) }),
  };
  try {
    for (const { url } of Object.values(doors)) await load(url, key, { connections: 8, seconds: 2, bytes }); // warm
    const rows: Record<string, string | number | undefined>[] = [];
    for (const connections of [1, 8, 32]) {
      const measured = new Map<string, Measured[]>();
      for (let round = 0; round < ROUNDS; round++)
        for (const [name, { url }] of Object.entries(doors))
          measured.set(name, [...(measured.get(name) ?? []), await load(url, key, { connections, seconds, bytes })]);
      const best = new Map(
        [...measured].map(([name, all]) => [name, all.toSorted((a, b) => b.perSecond - a.perSecond)[0]!]),
      );
      const times = (name: string, { perSecond }: Measured) => {
        const base = best.get(name);
        return base && (perSecond / base.perSecond).toFixed(2);
      };
      for (const [door, measured] of best) {
        const { perSecond, p50, p99, refused } = measured;
        rows.push({
          connections,
          door,
          'accepted/s': Math.round(perSecond),
          'p50 ms': p50,
          'p99 ms': p99,
          refused,
          '× (a)': times('(a) Express + one INSERT', measured),
          '× (c)': times('(c) Express + emmett', measured),
        });
      }
    }
    console.table(rows);
  } finally {
    await Promise.all(Object.values(doors).map((door) => door.stop()));
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
