/** `npm run bench -- query [--sessions 1000000] [--backfilled 50]`: the query API beside a bare SELECT behind a plain hono route. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../src/embedded/postgres/start.ts';
import { ask } from './ask.ts';
import { startCallLedger } from './call-ledger.ts';
import { numbersOf } from './options.ts';
import { type Running, start } from './processes.ts';
import { EVERY_MS, FIRST_AT, insertSessions } from './query/rows.ts';
import { cpuOf } from './rebuild/cpu-of.ts';

const ROUNDS = 2;

export async function benchQuery(args: readonly string[]): Promise<void> {
  const { sessions, seconds, connections, backfilled } = numbersOf(args, {
    ...{ sessions: 100_000, seconds: 4, connections: 8, backfilled: 0 },
  });
  const folder = await mkdtemp(join(tmpdir(), 'call-ledger-bench-'));
  await chmod(folder, 0o755); // as root Postgres is another user
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
  const service = await startCallLedger(folder, { DATABASE_URL: postgres.url });
  const plain = await start(join(import.meta.dirname, 'baselines/hono-select.ts'), { DATABASE_URL: postgres.url });
  try {
    const client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    await insertSessions(client, sessions, backfilled).finally(() => client.end());

    const any = () => `cs_${1 + Math.floor(Math.random() * sessions)}`;
    const list = (query: string) => () => `/api/call-sessions?limit=50&${query}`;
    const today = (Date.now() - FIRST_AT) / EVERY_MS;
    const old = period(sessions * 0.1, sessions * 0.2);
    const asked = {
      'bare SELECT of one': () => bare(() => `/one/${any()}`),
      'one session': () => api(() => `/api/call-sessions/${any()}`),
      'bare SELECT of a page': () => bare(() => '/page'),
      'newest page': () => api(list('')),
      'filtered page': () => api(list(`status=confirmed&direction=outbound&${period(sessions * 0.8, today)}`)),
      'filtered page, long ago': () => api(list(`status=confirmed&direction=outbound&${old}`)),
      'whole page, long ago': () => api(list(old)),
      'page behind a deep cursor': () => api(list(`cursor=${cursor(Math.ceil(sessions * 0.1))}`)),
      'one hour, long ago': () => api(list(period(sessions * 0.1, sessions * 0.1 + 3_600_000 / EVERY_MS))),
    };
    const measure = async (server: Running, paths: () => string) => {
      const before = await cpuOf(server.pid);
      const measured = await ask(server.url, paths, service.apiKey, connections, seconds);
      return { ...measured, cpuMs: ((await cpuOf(server.pid)) - before) * (1000 / measured.answered) };
    };
    const bare = (paths: () => string) => measure(plain, paths);
    const api = (paths: () => string) => measure(service, paths);
    const best = new Map<string, Awaited<ReturnType<typeof measure>>>();
    for (let round = 0; round < ROUNDS; round++)
      for (const [what, askFor] of Object.entries(asked)) {
        const measured = await askFor();
        if (measured.perSecond >= (best.get(what)?.perSecond ?? 0)) best.set(what, measured);
      }
    console.log(`${sessions} sessions of one tenant, ${connections} connections, ${ROUNDS} × ${seconds} s, the better`);
    console.table(
      [...best].map(([what, { perSecond, p50, p99, failed, cpuMs }]) => ({
        what,
        'requests/s': Math.round(perSecond),
        'p50 ms': p50,
        'p99 ms': p99,
        failed,
        'CPU ms': cpuMs.toFixed(2),
        '× bare': (perSecond / best.get(what === 'one session' || what === ONE ? ONE : PAGE)!.perSecond).toFixed(2),
      })),
    );
  } finally {
    await Promise.all([service.stop(), plain.stop()]);
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

const ONE = 'bare SELECT of one';
const PAGE = 'bare SELECT of a page';

/** When the sessions with these numbers started. */
function period(from: number, to: number): string {
  const at = (n: number) => new Date(FIRST_AT + Math.ceil(n) * EVERY_MS).toISOString();
  return `from=${at(from)}&to=${at(to)}`;
}

/** Behind the session with this number. */
function cursor(n: number): string {
  const createdAt = new Date(FIRST_AT + n * EVERY_MS + 1000).toISOString().replace('Z', '000Z');
  return Buffer.from(JSON.stringify([createdAt, `cs_${n}`])).toString('base64url');
}
