import { join } from 'node:path';
import { readConfig } from '../../src/config.ts';
import { openKeys } from '../../src/credentials.ts';
import { keepApiKey } from '../../src/greeting.ts';
import { createLogger } from '../../src/logger.ts';
import { startService } from '../../src/service.ts';
import { openStores } from '../../src/stores.ts';
import { startHostedStore } from './hosted-store.ts';
import { keyOf } from './service.ts';

/**
 * The service as `src/main.ts` composes it, in this process, as soon as it listens: a third of the cost of one in a
 * process of its own, for tests that end, freeze or look at none.
 */
export async function startServiceHere(environment: Readonly<Record<string, string>>, { ownNode = false } = {}) {
  const config = readConfig({ PORT: '0', LOG_LEVEL: 'info', ...environment });
  if ('problems' in config) throw new Error(config.problems.join('\n'));
  const logs: string[] = [];
  const logger = createLogger(config.logLevel, { write: (line) => void logs.push(line.trimEnd()) });
  const keys = await openKeys(config);
  // A log of its own is in the place where the service would put it, but mostly not in a process of its own.
  const log =
    config.eventStoreUrl === undefined && config.databaseUrl !== undefined && !ownNode
      ? await startHostedStore({ dataDir: join(config.dataDir, 'eventstore') })
      : undefined;
  const opened = await openStores({ ...config, eventStoreUrl: log?.url ?? config.eventStoreUrl }, logger);
  const stores = { ...opened, stop: () => opened.stop().then(log?.stop) };
  const service = await startService(config, stores, keys, logger).catch(async (error) => {
    await stores.stop();
    throw error;
  });
  await service.administration.directory.caughtUp();
  await keepApiKey(keys, service);
  let stopped: Promise<void> | undefined;
  return {
    url: service.url,
    logs,
    key: keyOf(config.dataDir),
    /** A second call waits for the first. */
    stop: () => (stopped ??= service.stop().then(stores.stop)),
  };
}
export type ServiceHere = Awaited<ReturnType<typeof startServiceHere>>;
