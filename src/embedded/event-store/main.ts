/**
 * The embedded event-store node: it speaks EventStoreDB's gRPC protocol and keeps its events in one SQLite file. It is
 * for development, tests and one machine.
 */
import { onceNpmIsGone } from '../npm-parent.ts';
import { readArguments, USAGE } from './command-line.ts';
import { lockDataDirectory } from './data-directory.ts';
import { serve } from './server.ts';
import { tokenFromInput } from './token.ts';

process.umask(0o077);

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  if (args.includes('--help')) return console.log(USAGE);
  const { host, port, data, exitWithParent, ...given } = readArguments(args);
  const directory = lockDataDirectory(data);
  const own = given.closed ? directory.token() : undefined;
  const token = given.tokenFromInput ? await tokenFromInput() : own;
  if (token === undefined)
    console.error('Every user of this machine can read and write this node; --closed asks for a token.');
  const node = await serve(directory.events, host, port, token);

  let stopping = false;
  async function stop(): Promise<void> {
    if (stopping) return;
    stopping = true;
    await node.stop();
    directory.release();
    process.exit(0);
  }
  process.on('SIGTERM', stop);
  // Ctrl-C reaches the whole process group; a node with a parent serves on while the parent finishes its work.
  process.on('SIGINT', exitWithParent ? () => {} : stop);
  if (exitWithParent) process.stdin.resume().on('close', stop);
  else onceNpmIsGone('eventstore', stop);

  console.log(node.url);
  await node.broken;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
