import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHostedStore } from '../support/hosted-store.ts';
import { eventLogContract } from './event-log.contract.ts';

eventLogContract('the event log on the embedded node', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'call-ledger-contract-'));
  const node = await startHostedStore({ dataDir });
  const stop = async () => {
    await node.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  return { url: node.url, stop };
});
