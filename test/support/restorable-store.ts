import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backUpLog } from '../../src/embedded/backup.ts';
import { spawnEventStore } from '../../src/embedded/event-store/spawn.ts';

/** An embedded node of one test file, whose log can be put back to an earlier state at the same address. */
export async function startRestorableStore() {
  const dataDir = await mkdtemp(join(tmpdir(), 'call-ledger-store-'));
  const events = join(dataDir, 'events.sqlite');
  let node = await spawnEventStore({ dataDir });
  const port = Number(new URL(node.url).port);
  let backups = 0;
  return {
    url: node.url,
    pid: () => node.pid,
    async backUp(): Promise<string> {
      const file = join(dataDir, `backup-${backups++}.sqlite`);
      await backUpLog(events, file);
      return file;
    },
    /** As an operator does it. `meanwhile` is done before the node is back. */
    async restore(backup: string, meanwhile = async () => {}): Promise<void> {
      await node.stop();
      for (const file of [events, `${events}-wal`, `${events}-shm`]) await rm(file, { force: true });
      await copyFile(backup, events);
      await meanwhile();
      node = await spawnEventStore({ dataDir, port });
    },
    async stop(): Promise<void> {
      await node.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
export type RestorableStore = Awaited<ReturnType<typeof startRestorableStore>>;
