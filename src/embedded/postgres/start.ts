import { join, resolve } from 'node:path';
import type { Logger } from 'pino';
import { findBinaries } from './binaries.ts';
import { clusterIn, ensureCluster, readAddresses } from './cluster.ts';
import { lockDirectory, prepareDirectory } from './directory.ts';
import { freePort, type KeeperOrders, type Launched, launch } from './launch.ts';
import { chooseOsUser } from './os-user.ts';
import { stopStalePostgres } from './processes.ts';
import { settings } from './settings.ts';

/** A keeper is done within 25 s, or it hangs; then we do its work. */
const KEEPER_LIMIT_MS = 30_000;

export type EmbeddedPostgres = {
  /** The service's own role and database. */
  readonly url: string;
  /** The superuser; the service does not need it. */
  readonly adminUrl: string;
  /** Ends every connection, writes everything to disk and ends Postgres. A second call waits for the first. */
  stop(): Promise<void>;
  /** Resolves once Postgres has ended and the directory is free: 'stopped' by us, or 'crashed' by itself. Never rejects. */
  readonly exited: Promise<'stopped' | 'crashed'>;
};

/**
 * Starts a Postgres on 127.0.0.1 with its data in `dataDir`. It ends with this process, however this process ends.
 *
 * @throws with a message that says what to do.
 */
export async function startEmbeddedPostgres(options: {
  readonly dataDir: string;
  /** A free one when absent or 0. */
  readonly port?: number;
  readonly logger?: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Over those in settings.ts; for tests. */
  readonly settings?: Readonly<Record<string, string>>;
}): Promise<EmbeddedPostgres> {
  const { logger } = options;
  const user = await chooseOsUser(clusterIn(resolve(options.dataDir)));
  const dataDir = await prepareDirectory(resolve(options.dataDir), user);
  const cluster = clusterIn(dataDir);

  const lock = lockDirectory(dataDir);
  if (lock === 'in use') {
    throw new Error(
      `Another running service uses ${dataDir}. Stop that one, or give this one another DATA_DIR or a DATABASE_URL.`,
    );
  }
  try {
    await stopStalePostgres(cluster, (pids) => logger?.warn({ pids }, 'stopping the Postgres of an earlier run'));
    const binaries = await findBinaries(dataDir, user);
    await ensureCluster(dataDir, binaries, user);
    const addressesAt = await readAddresses(dataDir);

    const { port, keeper, pid } = await launchOnPort(options.port ?? 0, (port) => {
      const given = Object.entries({ ...settings, ...options.settings, port: String(port) });
      const args = ['-D', cluster, ...given.flatMap(([name, value]) => ['-c', `${name}=${value}`])];
      const orders: KeeperOrders = { program: binaries.postgres, args, user };
      return launch(orders, cluster, join(dataDir, 'server.log'));
    });
    logger?.info({ port, pid, dataDir }, 'embedded Postgres is ready');

    let stopping = false;
    const exited = new Promise((resolve) => keeper.once('exit', resolve)).then(async () => {
      if (!stopping) logger?.error({ dataDir }, 'embedded Postgres ended by itself; see server.log');
      // It may be the keeper alone that has ended, and Postgres is on its own now.
      await stopStalePostgres(cluster).catch((error) => logger?.error({ err: error }, 'embedded Postgres still runs'));
      lock.release();
      return stopping ? 'stopped' : 'crashed';
    });
    const stop = async () => {
      stopping = true;
      keeper.ref();
      if (keeper.connected) keeper.disconnect();
      const hung = setTimeout(() => keeper.kill('SIGKILL'), KEEPER_LIMIT_MS);
      await exited;
      clearTimeout(hung);
    };
    return { ...addressesAt(port), stop, exited };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function launchOnPort(
  wanted: number,
  launchOn: (port: number) => Promise<Launched | 'port taken'>,
): Promise<Launched & { readonly port: number }> {
  // Another process may bind a free port before Postgres does; a port that was not asked for is then tried anew.
  for (let attempt = 0; attempt < (wanted ? 1 : 5); attempt++) {
    const port = await freePort(wanted);
    const launched = port === 'port taken' ? port : await launchOn(port);
    if (port !== 'port taken' && launched !== 'port taken') return { ...launched, port };
  }
  throw new Error(
    wanted
      ? `Port ${wanted} is taken, so the embedded Postgres cannot use it. Stop what listens there or choose another port.`
      : 'Five ports in a row were free and then taken before the embedded Postgres could use them. Start again.',
  );
}
