import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Failure } from './failure.ts';

/**
 * A secret from a file, from a pipe, or typed unseen. Never from the command line: that stands in the shell's history
 * and in everybody's list of processes.
 */
export async function readSecret(what: string, file: string | undefined): Promise<string> {
  const secret = (file === undefined ? await fromStdin(what) : await fromFile(file)).trim();
  if (secret === '')
    throw new Failure(2, `There is no ${what} in ${file ?? 'what came on stdin'}.`, {
      remedy: 'Pipe it in, or put it into a file: --key-file <file>',
    });
  return secret;
}

const fromFile = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Failure(2, `${file} cannot be read (${error.code}).`, { remedy: 'Check the path after --key-file.' });
  });

async function fromStdin(what: string): Promise<string> {
  if (!process.stdin.isTTY) return text(process.stdin);
  process.stderr.write(`Paste the ${what} and press Enter (it is not shown): `);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  try {
    return await terminal.question('');
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}
