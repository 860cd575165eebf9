import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { spawnEventStore } from './embedded/event-store/spawn.ts';
import { keepAlive } from './embedded/keep-alive.ts';
import { startEmbeddedPostgres } from './embedded/postgres/start.ts';
import { closeToOthers } from './embedded/private-directory.ts';

export type Stores = {
  readonly eventStoreUrl: string;
  /** Undefined: none is configured, and none of the process's roles needs one. */
  readonly databaseUrl: string | undefined;
  stop(): Promise<void>;
};

/** The two stores' addresses: those that are configured, else embedded ones under `DATA_DIR`, started here. */
export async function openStores(config: Config, logger: Logger): Promise<Stores> {
  const running: { stop(): Promise<void> }[] = [];
  const keep = async (name: string, start: Parameters<typeof keepAlive>[1]) => {
    const store = await keepAlive(name, start, logger);
    running.push(store);
    return store.url;
  };
  if (config.embedded) {
    const narrowed = closeToOthers(config.dataDir, /^(credentials\.env(\.new)?|eventstore|postgres)$/, {
      passable: true,
    });
    if (narrowed.length > 0) logger.warn({ paths: narrowed }, 'closed to other users of this machine');
  }
  const needsPostgres = config.roles.some((role) => role !== 'ingest');
  const embeddedPostgres = () =>
    keep('postgres', (port) => startEmbeddedPostgres({ dataDir: join(config.dataDir, 'postgres'), port, logger }));
  const warn = { warn: (line: string) => logger.warn({ store: 'event store' }, line) };
  const stop = async () => {
    await Promise.all(running.map((store) => store.stop()));
  };
  const started = await Promise.allSettled([
    config.eventStoreUrl ??
      keep('event store', (port) =>
        spawnEventStore({ dataDir: join(config.dataDir, 'eventstore'), port, logger: warn }),
      ),
    config.databaseUrl ?? (needsPostgres ? embeddedPostgres() : undefined),
  ]);
  const failed = started.find((result) => result.status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  const [eventStoreUrl, databaseUrl] = started.map((result) => (result as PromiseFulfilledResult<string>).value);
  return { eventStoreUrl: eventStoreUrl!, databaseUrl, stop };
}
