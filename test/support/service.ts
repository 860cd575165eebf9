import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { credentialsPath, parseCredentials } from '../../src/credentials.ts';

const ROOT = join(import.meta.dirname, '../..');

/** All that a process of ours has of this one's environment: where programs are, and what Node has compiled before. */
export const inherited = {
  PATH: process.env.PATH ?? '',
  ...(process.env.NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE }),
};

/** A signature as Retell makes it (docs/retell-api.md, "Signature"). */
export const sign = (body: Uint8Array | string, key: string, at = Date.now()): string =>
  `v=${at},d=${createHmac('sha256', key).update(body).update(String(at)).digest('hex')}`;

/** A directory for one service's data, removed by `remove`. */
export async function dataDirectory(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'call-ledger-service-'));
  // The Postgres of root is another user's; below a private directory it would be put elsewhere, and stay there.
  await chmod(path, 0o711);
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** The service as a user runs it: `node src/main.ts` in a process of its own, as soon as it listens. */
export async function startService(environment: Readonly<Record<string, string>>) {
  const service = spawnService(environment);
  return { ...service, url: await service.listening };
}
export type RunningService = Awaited<ReturnType<typeof startService>>;

/** The same at once; `listening` rejects when it ends before it listens. */
export function spawnService(environment: Readonly<Record<string, string>>, entry = 'src/main.ts') {
  const child: ChildProcess = spawn(process.execPath, [join(ROOT, entry)], {
    cwd: ROOT,
    env: { ...inherited, PORT: '0', LOG_LEVEL: 'info', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const logs: string[] = [];
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const listening = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      logs.push(line);
      if (line.includes('"msg":"listening"')) resolve((JSON.parse(line) as { url: string }).url);
    });
    createInterface({ input: child.stderr! }).on('line', (line) => logs.push(line));
    void exited.then((code) => reject(new Error(`the service ended with ${code}:\n${logs.slice(-20).join('\n')}`)));
  });
  listening.catch(() => {});
  return {
    listening,
    logs,
    pid: child.pid!,
    exited,
    key: keyOf(environment.DATA_DIR ?? 'data'),
    async stop(): Promise<number | null> {
      child.kill('SIGTERM');
      return exited;
    },
    async kill(): Promise<void> {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
export type SpawnedService = ReturnType<typeof spawnService>;

/** One of the keys that a service made for itself, as soon as it is there. */
export const keyOf = (dataDir: string) => (name: 'API_KEY' | 'ADMIN_KEY' | 'RETELL_WEBHOOK_SECRET') =>
  eventually(async () => parseCredentials(await readFile(credentialsPath(dataDir), 'utf8').catch(() => '')).get(name));

/** Asks until there is an answer that is not undefined or false. */
export async function eventually<T>(
  ask: () => Promise<T | undefined | false>,
  { within = 45_000, every = 25, what = 'it' }: { within?: number; every?: number; what?: string } = {},
): Promise<T> {
  const limit = Date.now() + within;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      last = error;
    }
    if (Date.now() > limit) throw new Error(`${what} did not come within ${within} ms`, { cause: last });
    await sleep(every);
  }
}
