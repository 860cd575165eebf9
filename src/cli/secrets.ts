import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Terminal } from './cli.ts';
import { Failure } from './failure.ts';

/**
 * Reads a secret from a file, a pipe, or typed unseen: a command line would show it in the history and the process
 * list. Throws a Failure where there is none.
 */
export async function readSecret(
  what: string,
  { option, file }: { readonly option: string; readonly file: string | undefined },
  terminal: Terminal,
): Promise<string> {
  const secret = (file === undefined ? await fromStdin(what, terminal) : await fromFile(option, file)).trim();
  if (secret === '')
    throw new Failure(2, `There is no ${what} in ${file ?? 'what came on stdin'}.`, {
      remedy: `Pipe it in, or put it into a file: ${option} <file>`,
    });
  return secret;
}

const fromFile = (option: string, file: string): Promise<string> =>
  readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Failure(2, `${file} cannot be read (${error.code}).`, { remedy: `Check the path after ${option}.` });
  });

async function fromStdin(what: string, { stdin, stderr }: Terminal): Promise<string> {
  if (!stdin.isTTY) return text(stdin);
  stderr.write(`Paste the ${what} and press Enter (it is not shown): `);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const line = createInterface({ input: stdin, output: nowhere, terminal: true });
  try {
    return await line.question('');
  } finally {
    line.close();
    stderr.write('\n');
  }
}
