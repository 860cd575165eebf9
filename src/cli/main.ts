#!/usr/bin/env node
/** `npm run cli -- <verb>`, `npx call-ledger <verb>`: an operator's way to a running service. */
import { runCli } from './program.ts';

process.umask(0o077); // an export is for no other user of the machine

// The reader of our output may have seen enough (`| head`).
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});
process.exitCode = await runCli(process.argv.slice(2));
