import { chmodSync, mkdtempSync, readdirSync, rmSync, statfsSync, statSync } from 'node:fs';
import { freemem } from 'node:os';
import { join } from 'node:path';

const MEMORY = '/dev/shm';
const PREFIX = 'call-ledger-tests-';
/** What a run needs of it is a tenth of this. */
const ROOM_BYTES = 8 * 2 ** 30;

/**
 * A directory in memory for what a run of the tests writes, where there is room for it: databases are made and removed
 * by the hundred, which costs a disk's file system a tenth of the run. Undefined where there is none.
 */
export function scratchInMemory(): string | undefined {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    if (Math.min(bavail * bsize, freemem()) < ROOM_BYTES) return undefined;
    removeOldRuns();
    const directory = mkdtempSync(join(MEMORY, `${PREFIX}${process.pid}-`));
    chmodSync(directory, 0o711); // the Postgres of root is another user's
    return directory;
  } catch {
    return undefined; // not Linux, or not ours to write
  }
}

/** To be called when the run is over. */
export function removeScratch(directory = process.env.TMPDIR): void {
  if (directory?.startsWith(join(MEMORY, PREFIX))) rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
}

/** What killed runs have left. */
function removeOldRuns(): void {
  for (const name of readdirSync(MEMORY)) {
    const pid = name.startsWith(PREFIX) && name.slice(PREFIX.length).split('-')[0];
    if (pid && !statSync(`/proc/${pid}`, { throwIfNoEntry: false })) removeScratch(join(MEMORY, name));
  }
}
