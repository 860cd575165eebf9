import { execFileSync } from 'node:child_process';
import { chown, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import { clusterIn } from '../../../src/embedded/postgres/cluster.ts';
import { prepareDirectory } from '../../../src/embedded/postgres/directory.ts';
import { blockedAt, chooseOsUser } from '../../../src/embedded/postgres/os-user.ts';
import {
  cleanedUp,
  eventually,
  isAlive,
  kill,
  newDataDir,
  newService,
  postmasterOf,
  query,
  ready,
  start,
} from './scene.ts';

cleanedUp();

// Started by an ordinary user, all the other tests are this test too, and these are skipped: only root can become `nobody`.
const asRoot = process.getuid?.() === 0;

test.runIf(asRoot)(
  "as root: an ordinary user can run it too, and root may continue with that user's cluster",
  async (context) => {
    await skipInPrivateCheckout(context);
    const dataDir = await newDataDir();
    await mkdir(dataDir);
    await chown(dataDir, nobody().uid, nobody().gid);
    const service = newService(dataDir, nobody());
    await query(await ready(service), `CREATE TABLE kept AS SELECT 'still here' AS word`);
    expect((await stat(clusterIn(dataDir))).uid).toBe(nobody().uid);
    const postmaster = await postmasterOf(dataDir);
    kill(service.pid!, 'SIGKILL');
    await eventually(async () => !(await isAlive(postmaster)));

    const { url } = await start({ dataDir });
    expect(await query(url, 'SELECT word FROM kept')).toEqual([{ word: 'still here' }]);
    expect((await stat(`/proc/${await postmasterOf(dataDir)}`)).uid).toBe(nobody().uid);
  },
);

test.runIf(asRoot)('as root: an ordinary user coming after is told whose directory it is not', async (context) => {
  await skipInPrivateCheckout(context);
  const dataDir = await newDataDir();
  await prepareDirectory(dataDir, await chooseOsUser(clusterIn(dataDir))); // what a start does first
  const service = newService(dataDir, nobody());
  await expect(ready(service)).rejects.toThrow(
    /Cannot write .*start it as that user; otherwise choose another DATA_DIR/,
  );
});

/** Below a private directory, such as root's home, another user cannot even start Node. */
async function skipInPrivateCheckout(context: TestContext): Promise<void> {
  for (const needed of [dirname(process.execPath), import.meta.dirname]) {
    const blocked = await blockedAt(needed, nobody());
    if (blocked) context.skip(`cannot be tried: an ordinary user may not pass through ${blocked} to ${needed}`);
  }
}

const nobody = () => ({ uid: idOf('-u'), gid: idOf('-g') });
const idOf = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
