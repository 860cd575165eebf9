import { parentPort, workerData } from 'node:worker_threads';
import type { Command, Outcome } from './decide.ts';
import { openLogWriter, reasonOf } from './log-writer.ts';
import type { ScavengeStep } from './scavenge.ts';

/** What the thread is asked for: to commit a group, for the next step of a scavenge, or to close the log and end. */
export type ToWriter = readonly Command[] | 'scavenge' | 'close';
/** What it answers: first that it is open, then the outcomes of each group, in its order. */
export type FromWriter = 'open' | readonly Outcome[] | { readonly scavenged: Scavenged };
/** Where a scavenge is after a step. */
export type Scavenged = ScavengeStep | 'done' | { readonly failed: string };

const port = parentPort!;
const writer = openLogWriter(workerData);
const send = (message: FromWriter): void => port.postMessage(message);
let isFailing = false;
let steps: Generator<ScavengeStep, void> | undefined;

function nextStep(): Scavenged {
  try {
    steps ??= writer.scavenge();
    const { done, value } = steps.next();
    if (!done) return value;
    steps = undefined;
    return 'done';
  } catch (error) {
    steps = undefined;
    writer.rollBack();
    return { failed: reasonOf(error) };
  }
}

port.on('message', (asked: ToWriter) => {
  if (asked === 'close') {
    writer.close();
    port.close();
    return;
  }
  if (asked === 'scavenge') {
    send({ scavenged: nextStep() });
    return;
  }
  const before = writer.nextPosition();
  try {
    send(writer.commit(asked));
    // A group of repeats and conflicts writes nothing, and proves nothing.
    if (isFailing && writer.nextPosition() > before) {
      console.error('the log is written again');
      isFailing = false;
    }
  } catch (error) {
    const reason = reasonOf(error);
    if (!isFailing) console.error(`nothing can be appended: ${reason}`);
    isFailing = true;
    send(asked.map(() => ({ kind: 'not written', reason })));
  }
});
send('open');
