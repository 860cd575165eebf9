import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { inherited } from '../support/service.ts';

const ROOT = join(import.meta.dirname, '../..');
const STARTS = { main: join(ROOT, 'src/cli/main.ts'), bin: join(ROOT, 'bin/call-ledger.js') };

export type Ran = {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  // biome-ignore lint/suspicious/noExplicitAny: an answer is whatever it is until the test has looked
  json(): any;
};

export type Environment = Readonly<Record<string, string>>;

/** A command as an operator types it, in a process of its own; no setting of our environment reaches it. */
export function callLedger(
  args: readonly string[],
  {
    env = {},
    stdin = '',
    start = 'main',
    interruptAt,
  }: {
    env?: Environment;
    stdin?: string;
    start?: keyof typeof STARTS;
    /** Ctrl-C as soon as this has been said on stderr. */
    interruptAt?: string;
  } = {},
): Promise<Ran> {
  const child = spawn(process.execPath, [STARTS[start], ...args], {
    cwd: ROOT,
    env: { ...inherited, DATA_DIR: '/nowhere', ...env },
  });
  const read = { out: '', err: '' };
  let waiting = interruptAt !== undefined;
  child.stdout.on('data', (chunk) => {
    read.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    read.err += chunk;
    if (waiting && read.err.includes(interruptAt!)) waiting = !child.kill('SIGINT');
  });
  child.stdin.on('error', () => {}); // it may have ended before it read
  child.stdin.end(stdin);
  return new Promise((resolve) =>
    child.on('close', (code) => resolve({ code, ...read, json: () => JSON.parse(read.out) })),
  );
}
