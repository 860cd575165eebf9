import { parentPort, workerData } from 'node:worker_threads';
import type { Command, Outcome } from './decide.ts';
import { openLogWriter } from './log-writer.ts';

/** What the thread is asked for: to commit a group, or to close the log and end. */
export type ToWriter = readonly Command[] | 'close';
/** What it answers: first that it is open, then the outcomes of each group, or why nothing of it was written. */
export type FromWriter = 'open' | readonly Outcome[] | { readonly failed: string };

const port = parentPort!;
const writer = openLogWriter(workerData);
const send = (message: FromWriter): void => port.postMessage(message);

port.on('message', (asked: ToWriter) => {
  if (asked === 'close') {
    writer.close();
    port.close();
    return;
  }
  try {
    send(writer.commit(asked));
  } catch (error) {
    send({ failed: error instanceof Error ? error.message : String(error) });
  }
});
send('open');
