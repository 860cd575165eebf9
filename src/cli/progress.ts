import { setTimeout as sleep } from 'node:timers/promises';
import type { Cli, Terminal } from './cli.ts';
import type { Failure } from './failure.ts';

const EVERY_MS = 500;
const WIDTH = 24;

/** A bar that is filled to a share, from 0 to 1. */
export function bar(share: number): string {
  const filled = Math.floor(WIDTH * share);
  return `[${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}]`;
}

/** A line on stderr that is drawn again in its place; nothing where stderr is no terminal. */
export function terminalLine({ stderr }: Terminal) {
  const isTerminal = stderr.isTTY === true;
  const draw = (text: string) => {
    if (isTerminal) stderr.write(`\r\u001b[2K${text}`);
  };
  return { isTerminal, draw, clear: () => draw('') };
}

/** What is printed where no bar can be drawn: once for each `stage` of an `id`. */
export type Step = { readonly id: string; readonly stage: string; readonly text: string };

type Watched<State> = {
  readonly read: () => Promise<State>;
  readonly isOver: (state: State) => boolean;
  readonly line: (state: State) => string;
  readonly steps: (state: State) => readonly Step[];
  /** What Ctrl-C ends with; without it, Ctrl-C ends the process. */
  readonly interrupted?: (state: State) => Failure;
};

/** Reads a state until it is over, and shows how far it is. The work goes on in the service, whatever happens here. */
export async function watch<State>(cli: Cli, first: State, watched: Watched<State>): Promise<State> {
  const { read, isOver, line, steps, interrupted } = watched;
  const drawn = terminalLine(cli.terminal);
  const stages = new Map<string, string>();
  const left = new AbortController();
  const leave = () => left.abort();
  if (interrupted) process.once('SIGINT', leave);
  try {
    for (let state = first; ; state = await read()) {
      drawn.draw(line(state));
      for (const { id, stage, text } of drawn.isTerminal ? [] : steps(state)) {
        if (stages.get(id) !== stage) cli.remark(text);
        stages.set(id, stage);
      }
      if (isOver(state)) return state;
      await sleep(EVERY_MS, undefined, { signal: left.signal }).catch(() => {});
      if (interrupted && left.signal.aborted) throw interrupted(state);
    }
  } finally {
    process.removeListener('SIGINT', leave);
    drawn.clear();
  }
}
