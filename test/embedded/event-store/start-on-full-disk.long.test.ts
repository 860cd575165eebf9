import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { spawnEventStore } from '../../../src/embedded/event-store/spawn.ts';
import { patientLog } from '../../support/patient-log.ts';
import { eventually, temporaryDirectory } from './node-under-test.ts';

const disk = await temporaryDirectory();
/** Why there is no disk of four megabytes that could be filled, if there is none. */
const noDisk = ((): string | undefined => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk], { stdio: 'pipe' });
    afterAll(() => void execFileSync('umount', [disk]));
    return undefined;
  } catch (error) {
    return `nothing can be mounted here: ${error instanceof Error ? error.message.trim().split('\n').at(-1) : error}`;
  }
})();
if (noDisk) process.stdout.write(`\nstarting on a full disk: skipped, ${noDisk}\n`);

const filler = join(disk, 'filler');
function fill(): void {
  for (const bytes of [1 << 16, 1 << 12, 1])
    try {
      for (;;) writeFileSync(filler, Buffer.alloc(bytes), { flag: 'a' });
    } catch {} // no room for as much
}
const dataDir = join(disk, 'data');
const event = () => ({ id: randomUUID(), type: 'Happened', data: {}, metadata: {} });

test.skipIf(noDisk !== undefined)(
  'on a full disk a node does not start and names the remedy; with room, all is there',
  async () => {
    let node = await spawnEventStore({ dataDir });
    const log = patientLog(node.url);
    await log.append('call-acme.1', 'no_stream', [event()]);
    for (const end of ['kill', 'stop'] as const) {
      await node[end]();
      fill();
      await expect(spawnEventStore({ dataDir })).rejects.toThrow(
        /^cannot .*full.*: make room on its disk, or choose another directory with --data$/,
      );
      rmSync(filler);
      node = await spawnEventStore({ dataDir, port: Number(new URL(node.url).port) });
      await eventually(async () => expect(await log.read('call-acme.1')).toHaveLength(1));
    }
    await log.close();
    await node.stop();
  },
);
