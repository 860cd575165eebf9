/** `npm start`: the service with whatever stores the environment names, or embedded ones. */

import { readConfig } from './config.ts';
import { openKeys } from './credentials.ts';
import { onceNpmIsGone } from './embedded/npm-parent.ts';
import { logWhatIsOff, printGreeting, warnOfShortKeys } from './greeting.ts';
import { answerHelp } from './help.ts';
import { refuseTakenPort } from './listen.ts';
import { createLogger } from './logger.ts';
import { safeErrorMessage } from './postgres/errors.ts';
import { startService, VERSION } from './service.ts';
import { openStores } from './stores.ts';
import { startTracing } from './tracing.ts';

answerHelp(`usage: npm start

The service: webhooks, query API, projections, mails, reconciliation. It takes no options. All settings are environment variables
(docs/configuration.md); none is needed. Without EVENTSTORE_URL and DATABASE_URL it brings its own stores, in DATA_DIR (./data),
and prints where it listens and where its keys are. Ctrl-C or SIGTERM ends it, and nothing that was answered 2xx is lost.

  PORT=4000 npm start          at another port; HOST and PORT are 127.0.0.1 and 3000
  npm run simulate             in a second terminal: calls, as Retell would send them`);
process.umask(0o077); // what we write is for no other user of the machine

const config = readConfig(process.env);
if ('problems' in config) {
  console.error(`Call Ledger cannot start:\n${config.problems.map((problem) => `  ${problem}`).join('\n')}`);
  console.error('All variables: docs/configuration.md');
  process.exit(1);
}
const logger = createLogger(config.logLevel);
/** A manager of processes kills after 30 seconds or more. */
const STOP_WITHIN_MS = 15_000;

let stop = async (_signal: string): Promise<void> => process.exit(1); // what has begun by then ends with us
onceNpmIsGone('start', () => void stop('npm is gone'));

try {
  // Before the stores, which take seconds and say much.
  for (const port of [config.port, config.metricsPort ?? 0]) await refuseTakenPort(config.host, port);
  const stopTracing = await startTracing(process.env, VERSION);
  const keys = await openKeys(config);
  warnOfShortKeys(keys, logger);
  const stores = await openStores(config, logger);
  const service = await startService(config, stores, keys, logger).catch(async (error) => {
    await stores.stop();
    throw error;
  });

  let stopping = false;
  stop = async (signal) => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, 'stopping');
    // What was answered 2xx is on disk by then; a store that is frozen is not waited for.
    setTimeout(() => {
      logger.warn('stopped without waiting any longer');
      process.exit(0);
    }, STOP_WITHIN_MS).unref();
    await service.stop();
    await stores.stop();
    await stopTracing();
    logger.info('stopped');
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  logger.info({ url: service.url, roles: config.roles }, 'listening');
  // Whether MASTER_KEY is the right one shows only when the tenants have been read, after it listens.
  await service.administration.directory.caughtUp().catch((error) => {
    if (!stopping) throw error;
  });
  if (!stopping) {
    const off = logWhatIsOff(config, service.administration.directory, logger);
    await printGreeting(config, keys, service, off);
  }
} catch (error) {
  logger.fatal({ err: error }, 'cannot start');
  console.error(`Call Ledger cannot start: ${safeErrorMessage(error)}`);
  process.exit(1);
}
