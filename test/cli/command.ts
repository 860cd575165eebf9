import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { runCli } from '../../src/cli/program.ts';
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
type With = { readonly env?: Environment; readonly stdin?: string };

const ran = (code: number | null, out: string, err: string): Ran => ({ code, out, err, json: () => JSON.parse(out) });

/** A command as an operator types it; no setting of our environment reaches it. */
export async function callLedger(args: readonly string[], { env = {}, stdin = '' }: With = {}): Promise<Ran> {
  const read = { out: '', err: '' };
  const into = (name: keyof typeof read) =>
    new Writable({
      decodeStrings: false,
      write(chunk, _encoding, done) {
        read[name] += chunk;
        done();
      },
    });
  const code = await runCli(args, {
    env: { DATA_DIR: '/nowhere', ...env },
    stdin: Readable.from([stdin]),
    stdout: into('out'),
    stderr: into('err'),
  });
  return ran(code, read.out, read.err);
}

type Process = With & {
  readonly start?: keyof typeof STARTS;
  /** Ctrl-C as soon as this has been said on stderr. */
  readonly interruptAt?: string;
};

/** The same in a process of its own. */
export function callLedgerProcess(
  args: readonly string[],
  { env = {}, stdin = '', start = 'main', interruptAt }: Process = {},
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
  return new Promise((resolve) => child.on('close', (code) => resolve(ran(code, read.out, read.err))));
}
