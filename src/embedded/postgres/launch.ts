import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync } from 'node:fs';
import { readFile, rename, stat } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { OsUser } from './os-user.ts';
import { readPostmasterFile } from './processes.ts';

/** A port of 127.0.0.1 that is free at this moment: the one asked for, or any for 0. */
export async function freePort(wanted: number): Promise<number | 'port taken'> {
  const server = createServer();
  try {
    server.listen(wanted, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    return port;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return 'port taken';
    throw new Error(`Cannot listen on 127.0.0.1:${wanted}. Choose another port for the embedded Postgres.`, {
      cause: error,
    });
  }
}

export type KeeperOrders = {
  readonly program: string;
  readonly args: readonly string[];
  readonly user?: OsUser | undefined;
};

export type Launched = { readonly keeper: ChildProcess; readonly pid: number };

/** Recovery after a crash counts as starting, and may have half a gigabyte of WAL to go through. */
const START_LIMIT_MS = 180_000;
const LOG_LIMIT_BYTES = 5_000_000;

/**
 * Starts Postgres under its keeper and waits until it accepts connections.
 *
 * @throws with the end of its log when it does not; 'port taken' is an answer.
 */
export async function launch(orders: KeeperOrders, cluster: string, logFile: string): Promise<Launched | 'port taken'> {
  const before = await rotate(logFile);
  const log = openSync(
    logFile,
    constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW,
    0o600,
  );
  const keeper = spawn(process.execPath, [KEEPER, JSON.stringify(orders)], {
    cwd: '/',
    // Neither our secrets nor NODE_OPTIONS are for these processes.
    env: {},
    stdio: ['ignore', log, log, 'ipc'],
    detached: true, // out of reach of the terminal's Ctrl-C
  });
  closeSync(log);

  let pid: number | undefined;
  keeper.on('message', (message) => {
    pid = (message as { pid: number }).pid;
  });
  const failed = new Promise<never>((_, reject) => keeper.on('error', reject));
  failed.catch(() => {});
  const ended = once(keeper, 'exit');
  for (const limit = Date.now() + START_LIMIT_MS; Date.now() < limit; ) {
    const file = await readPostmasterFile(cluster);
    // The pid is compared because the file of a crashed run says "ready" too.
    if (pid && file?.pid === pid && file.ready) {
      // From here on it is the service that keeps this process alive, not its database.
      keeper.unref();
      keeper.channel?.unref();
      return { keeper, pid };
    }
    const over = await Promise.race([ended.then(() => true), failed, sleep(20, false)]);
    if (over) {
      const output = (await readFile(logFile, 'utf8')).slice(before);
      if (/Address already in use/.test(output)) return 'port taken';
      throw new Error(`Postgres did not start. Its log (${logFile}) says:\n${output.slice(-2000)}`);
    }
  }
  keeper.disconnect();
  await ended;
  throw new Error(`Postgres was not ready after ${START_LIMIT_MS / 1000} s; see ${logFile}.`);
}

const KEEPER = fileURLToPath(new URL('./keeper.ts', import.meta.url));

/** Returns where what is written next will begin. */
async function rotate(logFile: string): Promise<number> {
  const size = await stat(logFile).then(
    (file) => file.size,
    () => 0,
  );
  if (size < LOG_LIMIT_BYTES) return size;
  await rename(logFile, `${logFile}.1`);
  return 0;
}
