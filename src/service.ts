import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { OpenAPIHono } from '@hono/zod-openapi';
import { Kysely, PostgresDialect } from 'kysely';
import type { Logger } from 'pino';
import { appointmentAfter } from './appointment-after.ts';
import { appointmentRoutes } from './commands/appointments/appointment-routes.ts';
import { adminRoutes } from './commands/tenants/admin-routes.ts';
import { openTenantDirectory } from './commands/tenants/directory.ts';
import { webhookRoutes } from './commands/webhooks/routes.ts';
import type { Config } from './config.ts';
import { connectEventLog } from './events/event-log.ts';
import { createMetrics, measureRequests } from './http/metrics.ts';
import type { Keys } from './keys.ts';
import { measureProjections, measureWebhooks } from './measurements.ts';
import { projections } from './projections/index.ts';
import { startProjections } from './projections/runtime/start.ts';
import type { ReadModel } from './projections/tables.ts';
import { docsPage } from './read-api/docs-page.ts';
import { healthRoutes } from './read-api/health-routes.ts';
import { metricsRoute } from './read-api/metrics-route.ts';
import { openApiRoute } from './read-api/openapi.ts';
import { queryRoutes } from './read-api/query-routes.ts';
import { createReadPool } from './read-api/read-pool.ts';
import { answerUnhandled } from './read-api/unhandled.ts';
import { readinessOf } from './readiness.ts';
import { sessionHistory } from './session-history.ts';
import type { Stores } from './stores.ts';

export type Service = {
  readonly url: string;
  /** The tenants; what the start needs of them is there when `directory.caughtUp()` is. */
  readonly administration: Parameters<typeof adminRoutes>[0];
  /** Settles when what was accepted is on disk and everything but the stores is closed. */
  stop(): Promise<void>;
};

/** Retell waits ten seconds; the answer must be there well before, whatever the store does. */
const STORE_TIMEOUT_MS = 5000;
const now = () => Date.now();

/** Wires the rooms together and listens. Each role mounts what it serves; health, metrics and docs are everywhere. */
export async function startService(config: Config, stores: Stores, keys: Keys, logger: Logger): Promise<Service> {
  const has = (role: Config['roles'][number]) => config.roles.includes(role);
  const stopping = new AbortController();
  const { signal } = stopping;
  const metrics = createMetrics();
  const log = connectEventLog(stores.eventStoreUrl);
  const { masterKey, webhookSecrets: environmentKeys } = keys;
  const directory = openTenantDirectory({ log, masterKey, environmentKeys, logger, signal });

  const pool = stores.databaseUrl === undefined ? undefined : createReadPool(stores.databaseUrl, { logger });
  const db = pool && new Kysely<ReadModel>({ dialect: new PostgresDialect({ pool }) });
  const running =
    stores.databaseUrl !== undefined && has('project')
      ? await startProjections({
          log,
          databaseUrl: stores.databaseUrl,
          projections: projections({ sessionMatchMinutes: config.sessionMatchMinutes }),
          logger,
          signal,
        })
      : undefined;
  const stopMeasuring = running && measureProjections(metrics, running);

  const root = new OpenAPIHono();
  root.use(measureRequests(metrics));
  answerUnhandled(root, logger);
  const onAnswered = measureWebhooks(metrics);
  const door = webhookRoutes({
    log,
    tenants: directory,
    now,
    logger,
    config: { ...config.webhooks, storeTimeoutMs: STORE_TIMEOUT_MS },
    onAnswered,
  });
  const administration = { log, directory, masterKey, logger, adminKey: keys.adminKey };
  const { authenticate } = directory;
  if (has('ingest')) {
    root.route('/', door.routes);
    root.route('/', adminRoutes(administration));
    const after = db && running ? appointmentAfter(db, running) : async () => undefined;
    root.route('/', appointmentRoutes({ log, authenticate, appointmentAfter: after, logger }));
  }
  if (has('serve') && db) root.route('/', queryRoutes({ db, authenticate, history: sessionHistory(log, directory) }));
  root.route(
    '/',
    healthRoutes(readinessOf({ log, directory, ...(db && { db }), ...(running && { projections: running }) })),
  );
  root.route('/', metricsRoute(metrics.registry));
  root.route('/', openApiRoute(root));
  root.route('/', docsPage());

  const { server, url } = await listen(root, config);
  return {
    url,
    administration,
    async stop() {
      // First nothing new, then what is under way, then what it stands on.
      const closed = close(server);
      await door.drain();
      await closed;
      stopping.abort();
      stopMeasuring?.();
      await running?.stop();
      await db?.destroy();
      await log.close();
    },
  };
}

/** Rejects with what to do when the address cannot be had. */
function listen(root: OpenAPIHono, { host, port }: Config) {
  return new Promise<{ server: ReturnType<typeof serve>; url: string }>((resolve, reject) => {
    const server = serve({ fetch: root.fetch, hostname: host, port }, (info: AddressInfo) => {
      const name = info.family === 'IPv6' ? `[${info.address}]` : info.address;
      resolve({ server, url: `http://${name}:${info.port}` });
    });
    server.on('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(
              `Port ${port} of ${host} is taken. Stop what listens there, or set PORT (PORT=0 picks a free one).`,
            )
          : new Error(`Cannot listen on ${host}:${port}: ${error.message}. Set HOST and PORT.`, { cause: error }),
      ),
    );
  });
}

/** Resolves when every request is answered; connections that are kept alive for the next one do not count. */
function close(server: ReturnType<typeof serve>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const idle = setInterval(() => 'closeIdleConnections' in server && server.closeIdleConnections(), 20);
  server.close(() => {
    clearInterval(idle);
    resolve();
  });
  return promise;
}
