import { watchMemory } from './memory.ts';

/**
 * Measures this process while it works off so many facts, tells the parent, and ends with it.
 *
 * @param work tells how many facts it has handled so far. What it resolves with counts, after the measurement, what
 * came of them.
 */
export async function measure(
  facts: number,
  work: (handled: (all: number) => void) => Promise<() => number | Promise<number>>,
): Promise<void> {
  process.once('disconnect', () => process.exit());
  let done = 0;
  const memory = watchMemory(() => done);
  const cpu = process.cpuUsage();
  const began = performance.now();
  const count = await work((all) => {
    done = all;
  });
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const measured = { facts, seconds, cpuSeconds: (user + system) / 1e6, memory: memory.stop() };
  process.send!({ ...measured, result: await count() });
}
