/** Loaded into the service before its own code, with `--expose-gc`: answers each message with what the process holds. */
import { readdirSync } from 'node:fs';

export type Held = Readonly<Record<'heapMb' | 'rssMb' | 'files' | 'sockets' | 'timers' | 'others', number>>;

const MB = 1024 * 1024;
const open = () => {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0; // there is none but on Linux
  }
};

process.on('message', () => {
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  const active = process.getActiveResourcesInfo();
  const count = (isOne: (name: string) => boolean) => active.filter(isOne).length;
  const isSocket = (name: string) => name.startsWith('TCP') || name.startsWith('Pipe');
  const held: Held = {
    heapMb: (heapUsed + external) / MB,
    rssMb: rss / MB,
    files: open(),
    sockets: count(isSocket),
    timers: count((name) => name === 'Timeout'),
    others: count((name) => !isSocket(name) && name !== 'Timeout'),
  };
  process.send!(held);
});
process.channel!.unref();
