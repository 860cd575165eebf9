import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { clusterIn, readAddresses } from './cluster.ts';
import { processesIn, readPostmasterFile } from './left-over.ts';

/**
 * The address of the Postgres that a running service has started in `dataDir`, for an operator command beside it;
 * undefined when none runs there.
 *
 * @throws when one does run, but we may not read its password.
 */
export async function urlOfRunningPostgres(dataDir: string): Promise<string | undefined> {
  const path = await realpath(resolve(dataDir)).catch(() => undefined);
  if (!path) return undefined;
  const file = await readPostmasterFile(clusterIn(path));
  if (!file?.ready || !(await processesIn(clusterIn(path))).includes(file.pid)) return undefined;
  return (await readAddresses(path))(file.port).url;
}
