import { readFile } from 'node:fs/promises';

const TICKS_PER_SECOND = 100;

/** Processor seconds of a process and all below it, living and gone; 0 where the system has no /proc to say. */
export async function cpuOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // After the name, which may hold anything: user, system, and both of the children that have ended.
  const ticks = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 15)
    .map(Number);
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const below = await Promise.all(children.split(' ').filter(Boolean).map(Number).map(cpuOf));
  return ticks.reduce((sum, n) => sum + n, 0) / TICKS_PER_SECOND + below.reduce((sum, n) => sum + n, 0);
}
