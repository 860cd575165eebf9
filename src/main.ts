/** `npm start`: the service with whatever stores the environment names, or embedded ones. */

import { readConfig } from './config.ts';
import { printGreeting } from './greeting.ts';
import { openKeys } from './keys.ts';
import { createLogger } from './logger.ts';
import { startService } from './service.ts';
import { openStores } from './stores.ts';

/** Npm's shell, where `npm start` has started this process. */
const parent = process.ppid;
const PARENT_CHECK_MS = 500;

const config = readConfig(process.env);
if ('problems' in config) {
  console.error(`Call Ledger cannot start:\n${config.problems.map((problem) => `  ${problem}`).join('\n')}`);
  console.error('All variables: docs/configuration.md');
  process.exit(1);
}
const logger = createLogger(config.logLevel);

try {
  const keys = await openKeys(config);
  const stores = await openStores(config, logger);
  const service = await startService(config, stores, keys, logger).catch(async (error) => {
    await stores.stop();
    throw error;
  });

  let stopping = false;
  const stop = async (signal: string) => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, 'stopping');
    await service.stop();
    await stores.stop();
    logger.info('stopped');
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // The shell does not pass on the signal that ends npm: whoever stops `npm start` means the service.
  if (process.env.npm_lifecycle_event !== undefined)
    setInterval(() => process.ppid !== parent && stop('parent_gone'), PARENT_CHECK_MS).unref();
  logger.info({ url: service.url, roles: config.roles }, 'listening');
  await printGreeting(config, keys, service);
} catch (error) {
  logger.fatal({ err: error }, 'cannot start');
  console.error(`Call Ledger cannot start: ${(error as Error).message}`);
  process.exit(1);
}
