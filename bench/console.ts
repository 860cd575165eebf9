/** `npm run bench -- console`: what an open console and ten listeners cost the door, of one service in one run. */
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CallLedger, caughtUp, startCallLedger } from './call-ledger.ts';
import { load, type Measured } from './load.ts';
import { numbersOf } from './options.ts';
import { percentile } from './percentiles.ts';
import { cpuOf } from './rebuild/cpu-of.ts';

type Watched = Measured & {
  /** Milliseconds of a processor for each that was accepted, of the service with its stores. */ readonly cpu: number;
};

const LISTENERS = 10;
const PAGE_EVERY_MS = 2000;
/** As a browser has them: a page, then the parts of it that follow the feed. */
const WALK: readonly (readonly [path: string, part?: string])[] = [
  ['/console'],
  ['/console', 'todo'],
  ['/console', 'coming'],
  ['/console/calls'],
  ['/console/calls', 'rows'],
  ['/console/appointments'],
  ['/console/tickets'],
  ['/console/customers'],
];

export async function benchConsole(args: readonly string[]): Promise<void> {
  const { seconds, rounds, rate } = numbersOf(args, { seconds: 20, rounds: 3, rate: 100 });
  const folder = await mkdtemp(join(tmpdir(), 'call-ledger-bench-'));
  await chmod(folder, 0o755); // as root Postgres is another user
  const service = await startCallLedger(folder);
  try {
    const post = (how: { connections: number; seconds: number; rate?: number }) =>
      load(service.url, service.webhookKey, { bytes: 1000, ...how });
    // Other programs on the machine change times more than they do this.
    const measured = async (how: Parameters<typeof post>[0]): Promise<Watched> => {
      const before = await cpuOf(service.pid);
      const one = await post(how);
      return { ...one, cpu: (1000 * ((await cpuOf(service.pid)) - before)) / one.accepted };
    };
    await post({ connections: 8, seconds: 3 }); // warm
    for (const [what, how] of [
      [`${rate}/s offered`, { connections: 8, seconds, rate }],
      ['8 connections, as fast as it goes', { connections: 8, seconds }],
    ] as const) {
      const alone: Watched[] = [];
      const watched: Watched[] = [];
      const pages: number[] = [];
      for (let round = 0; round < rounds; round++) {
        await caughtUp(service.url);
        alone.push(await measured(how));
        await caughtUp(service.url);
        const stop = await watch(service, pages);
        watched.push(await measured(how));
        await stop();
      }
      const middle = (of: readonly Watched[], name: 'perSecond' | 'p50' | 'p99' | 'cpu') =>
        percentile(
          of.map((one) => one[name]),
          0.5,
        );
      const row = (door: string, of: readonly Watched[]) => ({
        ...{ load: what, door, 'accepted/s': Math.round(middle(of, 'perSecond')) },
        ...{ 'p50 ms': middle(of, 'p50'), 'p99 ms': middle(of, 'p99') },
        'CPU ms each': middle(of, 'cpu'),
        refused: of.reduce((n, { refused }) => n + refused, 0),
        '× accepted': (middle(of, 'perSecond') / middle(alone, 'perSecond')).toFixed(2),
        '× p99': (middle(of, 'p99') / middle(alone, 'p99')).toFixed(2),
        '× CPU': (middle(of, 'cpu') / middle(alone, 'cpu')).toFixed(2),
      });
      console.table([row('alone', alone), row(`a console, ${LISTENERS} listeners`, watched)]);
      console.log(
        `${pages.length} pages and parts, p50 ${percentile(pages, 0.5)} ms, p99 ${percentile(pages, 0.99)} ms.`,
      );
    }
  } finally {
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Listens and looks as people do, until it is told to stop; what each page took is put into `pages`. */
async function watch({ url, apiKey, adminKey }: CallLedger, pages: number[]): Promise<() => Promise<void>> {
  const over = new AbortController();
  const { signal } = over;
  const unlessOver = (error: unknown) => {
    if (!signal.aborted) throw error;
  };
  /** Over a connection of its own: a spare one that a pool keeps is ended by the server. */
  const drain = async (path: string, headers: Record<string, string>) => {
    const request = get(`${url}${path}`, { headers, signal, agent: false });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    if (response.statusCode !== 200) throw new Error(`${path} answered ${response.statusCode}`);
    for await (const _ of response);
  };
  const cookie = await signedIn(url, apiKey, adminKey);
  const walk = async () => {
    for (let n = 0; !signal.aborted; n++) {
      const [path, part] = WALK[n % WALK.length]!;
      const begun = performance.now();
      await drain(path, { cookie, ...(part && { 'hx-request': 'true', 'hx-target': part }) });
      pages.push(performance.now() - begun);
      await sleep(PAGE_EVERY_MS, undefined, { signal });
    }
  };
  const all = [
    ...Array.from({ length: LISTENERS }, () => drain('/api/live', { authorization: `Bearer ${apiKey}` })),
    drain('/console/live', { cookie }),
    walk(),
  ].map((one) => one.catch(unlessOver));
  return async () => {
    over.abort();
    await Promise.all(all);
  };
}

async function signedIn(url: string, ...keys: readonly string[]): Promise<string> {
  let cookie = '';
  for (const key of keys) {
    const answer = await fetch(`${url}/console/sign-in`, {
      ...{ method: 'POST', redirect: 'manual' as const, body: new URLSearchParams({ key }) },
      headers: { origin: url, ...(cookie && { cookie }) },
    });
    cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? '';
    if (answer.status !== 303 || cookie === '') throw new Error(`sign-in answered ${answer.status}`);
  }
  return cookie;
}
