import { fork } from 'node:child_process';
import type { Memory } from './memory.ts';

export type Measured = {
  readonly facts: number;
  readonly seconds: number;
  /** Of the measured process, user and system. */
  readonly cpuSeconds: number;
  readonly memory: Memory;
  /** What came of the facts, to be compared with what must. */
  readonly result: number;
};

/** Runs a program that measures itself (measure.ts), in a process of its own, and resolves with what it says. */
export function inProcess(program: string, order: object, flags: readonly string[] = []): Promise<Measured> {
  const child = fork(program, [JSON.stringify(order)], { execArgv: [...flags] });
  let measured: Measured | undefined;
  child.once('message', (message) => {
    measured = message as Measured;
    child.disconnect();
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      // Not before its end: only then is a profile on disk.
      if (measured) resolve(measured);
      else reject(new Error(`${program} ended (${signal ?? code}) before it was done`));
    });
  });
}
