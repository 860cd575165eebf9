import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** What was printed before the end is there by then; whoever still holds the pipe is not waited for. */
const REST_OF_OUTPUT_MS = 1000;

/**
 * Runs a command in a process group of its own and shows what it prints; answers whether it ended well and in time.
 * With it ends what it has left running in its group. Output goes through pipes of ours, so that a process outside the
 * group, left behind by a failing test, does not keep whoever reads our output waiting for its end.
 */
export async function runToEnd(command: string, args: readonly string[], limitMs: number): Promise<boolean> {
  const colours = process.stdout.isTTY && { FORCE_COLOR: '1' };
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: { ...process.env, ...colours },
  });
  child.stdout.pipe(process.stdout, { end: false });
  child.stderr.pipe(process.stderr, { end: false });
  const endGroup = (signal: NodeJS.Signals) => {
    try {
      process.kill(-child.pid!, signal);
    } catch {} // nobody is left
  };
  const pass = (signal: NodeJS.Signals) => endGroup(signal);
  process.on('SIGINT', pass).on('SIGTERM', pass);
  const limit = setTimeout(() => {
    console.error(`\n${command} has not ended after ${limitMs / 60_000} minutes: it is killed.`);
    endGroup('SIGKILL');
  }, limitMs);
  try {
    const closed = once(child, 'close').catch(() => {});
    const [code] = (await once(child, 'exit')) as [number | null];
    endGroup('SIGKILL');
    await Promise.race([closed, sleep(REST_OF_OUTPUT_MS)]);
    return code === 0;
  } catch (error) {
    console.error(`${command} does not run: ${(error as Error).message}`);
    return false;
  } finally {
    clearTimeout(limit);
    process.off('SIGINT', pass).off('SIGTERM', pass);
  }
}
