import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { newToken } from './token.ts';

export type EventStoreOptions = {
  readonly dataDir: string;
  /** A free one if there is none. */
  readonly port?: number;
  readonly logger?: { readonly warn: (line: string) => void };
};

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type EventStoreProcess = {
  /** the client's connection string */
  readonly url: string;
  readonly pid: number;
  /** Lets it finish what it acknowledged. */
  readonly stop: () => Promise<Exit>;
  /** As hard as a power cut, for the process. */
  readonly kill: () => Promise<Exit>;
  readonly exited: Promise<Exit>;
};

/** One for the life of this process: a node that is started again at its port has the same address. */
const TOKEN = newToken();

/** All that the node needs of our environment, which holds the service's keys. */
const NEEDED = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LC_ALL', 'NODE_COMPILE_CACHE', 'NODE_OPTIONS'];

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

/**
 * Starts an event-store node as a child of this process; ready when it listens. The node ends with this process,
 * however this process ends. Rejects with the node's own message when it cannot start.
 */
export function spawnEventStore({ dataDir, port = 0, logger }: EventStoreOptions): Promise<EventStoreProcess> {
  const args = [MAIN, '--port', `${port}`, '--data', dataDir, '--exit-with-parent', '--token-from-input'];
  const env = Object.fromEntries(NEEDED.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
  // The system closes the pipe to its standard input when this process is gone. It has a process group of its own, as
  // the service needs the log after a Ctrl-C.
  const child = spawn(process.execPath, args, { detached: true, env, stdio: ['pipe', 'pipe', 'pipe'] });
  const exited = new Promise<Exit>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  child.stdin.on('error', () => {}); // it has ended already, and says why
  child.stdin.write(`${TOKEN}\n`);
  const errors: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (errors.length < 20) errors.push(line);
    logger?.warn(line);
  });

  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) =>
      reject(new Error(errors.join('\n') || `the event-store node ended before it listened (${signal ?? code})`)),
    );
    createInterface({ input: child.stdout }).once('line', (url) => resolve(handle(child, url, exited)));
  });
}

function handle(child: ChildProcess, url: string, exited: Promise<Exit>): EventStoreProcess {
  const end = (signal: NodeJS.Signals) => () => {
    child.kill(signal);
    return exited;
  };
  return { url, pid: child.pid!, stop: end('SIGTERM'), kill: end('SIGKILL'), exited };
}
