import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { cannotStart } from './data-directory.ts';
import type { Command, Outcome } from './decide.ts';
import type { FromWriter, Scavenged, ToWriter } from './writer-thread.ts';

type Waiting = {
  readonly command: Command;
  readonly bytes: number;
  readonly deadline: number;
  readonly resolve: (outcome: Outcome) => void;
};

const GROUP_BYTES = 8 * 1024 * 1024;
const FULL_BYTES = 64 * 1024 * 1024;
const DEADLINES_EVERY_MS = 100;
const IDLE_EVERY_MS = 5;

/**
 * Group commit: what arrives during a write becomes the next group and shares its fsync. The writer has a thread of
 * its own, because a COMMIT on the main thread would hold up every read.
 */
export async function commitQueue(file: string, committed: () => void) {
  const thread = new Worker(new URL('./writer-thread.ts', import.meta.url), { workerData: file });
  let waiting: Waiting[] = [];
  let writing: readonly Waiting[] = [];
  let bytesWaiting = 0;
  let waitingForRoom: (() => void)[] = [];
  /** The step of a scavenge that waits for its turn, or is under way. */
  let step: ((answer: Scavenged) => void) | undefined;
  let isStepping = false;

  await once(thread, 'message').catch((cause) => {
    throw cannotStart(`open ${file}`, cause.message, 'restore it', cause);
  });
  thread.on('message', answered);
  const clock = setInterval(() => expire(Date.now()), DEADLINES_EVERY_MS);

  /** After each group a step has its turn, so that appends and a scavenge wait for each other no longer than that. */
  function nextTurn(): void {
    if (step && !isStepping && writing.length === 0) {
      isStepping = true;
      thread.postMessage('scavenge' satisfies ToWriter);
    } else writeNext();
  }

  function writeNext(): void {
    if (isStepping || writing.length > 0 || waiting.length === 0) return;
    let bytes = 0;
    let count = 0;
    while (count < waiting.length && bytes < GROUP_BYTES) bytes += waiting[count++]!.bytes;
    writing = waiting.splice(0, count);
    bytesWaiting -= bytes;
    const group = parcel(writing);
    thread.postMessage(group.commands satisfies ToWriter, [group.bytes]);
    makeRoom();
  }

  function makeRoom(): void {
    if (bytesWaiting >= FULL_BYTES) return;
    for (const made of waitingForRoom) made();
    waitingForRoom = [];
  }

  function answered(answer: Exclude<FromWriter, 'open'>): void {
    if ('scavenged' in answer) stepped(answer.scavenged);
    else written(answer);
  }

  function stepped(answer: Scavenged): void {
    const resolve = step;
    isStepping = false;
    step = undefined;
    writeNext();
    resolve?.(answer);
  }

  function written(outcomes: readonly Outcome[]): void {
    const group = writing;
    writing = [];
    for (const [i, { resolve }] of group.entries()) resolve(outcomes[i]!);
    nextTurn();
    committed();
  }

  /** Answers `timed out` after the deadline; what has not gone to the writer by then is not written. */
  function expire(now: number): void {
    const isOver = ({ deadline }: Waiting) => deadline <= now;
    for (const late of [...writing, ...waiting].filter(isOver)) late.resolve({ kind: 'timed out' });
    waiting = waiting.filter((one) => !isOver(one));
    bytesWaiting = waiting.reduce((sum, { bytes }) => sum + bytes, 0);
    makeRoom();
  }

  /** Resolves when all that was submitted is written. */
  async function idle(): Promise<void> {
    while (isStepping || writing.length > 0 || waiting.length > 0) await sleep(IDLE_EVERY_MS);
  }

  return {
    /** `deadline` in milliseconds since 1970. The answer comes when the outcome is on disk. */
    submit(command: Command, deadline = Number.POSITIVE_INFINITY): Promise<Outcome> {
      if (deadline <= Date.now()) return Promise.resolve({ kind: 'timed out' });
      const bytes = command.events.reduce((sum, { data, metadata }) => sum + data.length + metadata.length, 0);
      bytesWaiting += bytes;
      return new Promise((resolve) => {
        waiting.push({ command, bytes, deadline, resolve });
        // At the end of the turn, so that what arrived together shares a group.
        if (writing.length === 0 && waiting.length === 1) setImmediate(writeNext);
      });
    },
    /** Waits until there is room for more; a connection stops reading meanwhile. */
    room: (): Promise<void> | undefined =>
      bytesWaiting < FULL_BYTES ? undefined : new Promise((resolve) => waitingForRoom.push(resolve)),
    /** The next step of a scavenge, between two groups. */
    scavenge: (): Promise<Scavenged> =>
      new Promise((resolve) => {
        step = resolve;
        nextTurn();
      }),
    idle,
    async close(): Promise<void> {
      await idle();
      clearInterval(clock);
      thread.postMessage('close' satisfies ToWriter);
      await once(thread, 'exit');
    },
    /** Rejects when the writer breaks. */
    broken: new Promise<never>((_, reject) => thread.once('error', reject)),
  };
}

export type CommitQueue = Awaited<ReturnType<typeof commitQueue>>;

/** The commands, with their bytes in one piece of memory that can be handed over instead of copied. */
function parcel(group: readonly Waiting[]): { commands: Command[]; bytes: ArrayBuffer } {
  const bytes = new ArrayBuffer(group.reduce((sum, next) => sum + next.bytes, 0));
  let end = 0;
  function moved(from: Uint8Array): Uint8Array {
    const to = new Uint8Array(bytes, end, from.length);
    to.set(from);
    end += from.length;
    return to;
  }
  const commands = group.map(({ command }) => ({
    ...command,
    events: command.events.map((event) => ({ ...event, data: moved(event.data), metadata: moved(event.metadata) })),
  }));
  return { commands, bytes };
}
