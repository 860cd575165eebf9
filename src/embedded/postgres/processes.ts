import { execFile } from 'node:child_process';
import { readdir, readFile, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/** What a running Postgres writes about itself: lines of pid, directory, start, port, socket directory, address, memory, status. */
export async function readPostmasterFile(
  cluster: string,
): Promise<{ pid: number; port: number; ready: boolean } | undefined> {
  const lines = (await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const pid = Number(lines[0]);
  return pid > 0 ? { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' } : undefined;
}

/**
 * Stops the Postgres of a crashed run and removes a stale pid file. Hold the directory's lock meanwhile.
 * @throws when it does not end within half a minute.
 */
export async function stopStalePostgres(cluster: string, onFound: (pids: number[]) => void = () => {}): Promise<void> {
  const found = await processesIn(cluster);
  if (found.length > 0) {
    onFound(found);
    const postmaster = (await readPostmasterFile(cluster))?.pid;
    // Without its postmaster a back end ends by itself.
    if (postmaster && found.includes(postmaster)) signal(postmaster, 'SIGINT');
    if (!(await gone(cluster, 20_000))) {
      for (const pid of await processesIn(cluster)) signal(pid, 'SIGQUIT');
      if (!(await gone(cluster, 10_000))) {
        const pids = (await processesIn(cluster)).join(', ');
        throw new Error(
          `A Postgres of an earlier run still works in ${cluster} and does not end. Stop it: processes ${pids}.`,
        );
      }
    }
  }
  await removeMisleadingPidFile(cluster);
}

/**
 * Removes a stale `postmaster.pid` whose pid belongs to another process by now, as after a reboot: Postgres would
 * refuse to start. One with a dead pid is Postgres' own to clear.
 */
async function removeMisleadingPidFile(cluster: string): Promise<void> {
  const pid = (await readPostmasterFile(cluster))?.pid;
  if (pid && isAlive(pid) && (await canLookAtProcesses())) await rm(join(cluster, 'postmaster.pid'), { force: true });
}

/** Postgres processes working in this cluster, back ends included where the system shows them (Linux). */
export async function processesIn(cluster: string): Promise<number[]> {
  const pids: number[] = [];
  if (process.platform === 'linux') {
    for (const entry of await readdir('/proc')) {
      if (!/^\d+$/.test(entry)) continue;
      // Every Postgres process works in its cluster's directory. Unreadable: it has ended, or is another user's.
      const cwd = await readlink(`/proc/${entry}/cwd`).catch(() => undefined);
      if (cwd !== cluster) continue;
      const name = await readFile(`/proc/${entry}/comm`, 'utf8').catch(() => '');
      if (name.trim() === 'postgres') pids.push(Number(entry));
    }
    return pids;
  }
  for (const line of (await listProcesses()).split('\n')) {
    const [, pid, command] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
    if (command?.includes('/bin/postgres ') && command.includes(` -D ${cluster} `)) pids.push(Number(pid));
  }
  return pids;
}

const listProcesses = async () =>
  (await promisify(execFile)('ps', ['-axww', '-o', 'pid=,command=']).catch(() => ({ stdout: '' }))).stdout;

const canLookAtProcesses = async () => process.platform === 'linux' || (await listProcesses()) !== '';

async function gone(cluster: string, withinMs: number): Promise<boolean> {
  for (const end = Date.now() + withinMs; Date.now() < end; await sleep(50)) {
    if ((await processesIn(cluster)).length === 0) return true;
  }
  return false;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone meanwhile.
  }
}
