import { parseArgs } from 'node:util';

type Arguments = {
  readonly host: string;
  readonly port: number;
  readonly data: string;
  readonly exitWithParent: boolean;
  readonly tokenFromInput: boolean;
  /** A token of its own, kept in the data directory. */
  readonly closed: boolean;
};

export const USAGE = `usage: npm run eventstore -- [--port 2113] [--host 127.0.0.1] [--data ./data/eventstore] [--closed] [--exit-with-parent] [--token-from-input]

  --port              the port to listen on; 0 takes a free one
  --host              the address to listen on
  --data              the directory that holds the events; one node at a time
  --closed            answer only clients with the token that is kept in --data; without this flag, every client
  --exit-with-parent  end when standard input closes, so that its parent process never leaves it behind
  --token-from-input  take the token that clients must show from the first line of standard input

It prints the address for its clients, which holds the token.`;

/** Throws with a sentence that names the flag and the remedy. */
export function readArguments(args: readonly string[]): Arguments {
  const { values } = parsed(args);
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535)
    throw new Error(`--port must be a number from 0 to 65535, not "${values.port}"`);
  return {
    host: values.host,
    port,
    data: values.data,
    exitWithParent: values['exit-with-parent'],
    tokenFromInput: values['token-from-input'],
    closed: values.closed,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        host: { type: 'string', default: '127.0.0.1' },
        port: { type: 'string', default: '2113' },
        data: { type: 'string', default: './data/eventstore' },
        closed: { type: 'boolean', default: false },
        'exit-with-parent': { type: 'boolean', default: false },
        'token-from-input': { type: 'boolean', default: false },
      },
    });
  } catch (cause) {
    throw new Error(`${cause instanceof Error ? cause.message : cause}\n${USAGE}`, { cause });
  }
}
