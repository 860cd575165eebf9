import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kysely, PostgresDialect } from 'kysely';
import type { Logger } from 'pino';
import { openAdministrators } from './administration/access.ts';
import { openOperationsDatabase } from './administration/answers.ts';
import { withinLimits } from './commands/calls/limits.ts';
import { resolveOpenRequests } from './commands/calls/open-requests.ts';
import { openPlacements } from './commands/calls/placements.ts';
import { retellOf } from './commands/calls/retell-api.ts';
import { countAnswers } from './commands/webhooks/health.ts';
import { webhookRoutes } from './commands/webhooks/routes.ts';
import type { Config, Role } from './config.ts';
import type { Keys } from './credentials.ts';
import { connectEventLog } from './events/event-log.ts';
import { watchLog } from './events/log-watch.ts';
import { tracedLog } from './events/tracing.ts';
import { evidenceFromLog } from './evidence/evidence.ts';
import { createMetrics } from './http/metrics.ts';
import { listen } from './listen.ts';
import { measureAppends, measureLive, measureProcess, measureProjections, measureWebhooks } from './measurements.ts';
import { createReadPool } from './postgres/pool.ts';
import { refuseSharedSession } from './postgres/session.ts';
import { shownPlace } from './projections/engine/foreign-log.ts';
import { watchViews } from './projections/engine/shown.ts';
import { startProjections } from './projections/engine/start.ts';
import { projections } from './projections/index.ts';
import type { ReadModel } from './projections/tables.ts';
import { startReacting } from './reacting.ts';
import { exportRoutes } from './read-api/export/routes.ts';
import { metricsRoute } from './read-api/health-routes.ts';
import { liveFeed } from './read-api/live/live-feed.ts';
import { routesOf } from './routes.ts';
import type { Stores } from './stores.ts';
import type { AdministrationDeps } from './tenants/administration.ts';
import { openTenantDirectory } from './tenants/directory.ts';
import { openKeyUses } from './tenants/key-uses.ts';
import { sealingUnder } from './tenants/sealing.ts';

export type Service = {
  readonly url: string;
  readonly administration: AdministrationDeps;
  /** Settles when what was accepted is on disk and everything but the stores is closed. */
  stop(): Promise<void>;
};

export const { version: VERSION } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as {
  version: string;
};

/** Retell waits ten seconds; the answer must be there well before, whatever the store does. */
const STORE_TIMEOUT_MS = 5000;

/** Starts what the process's roles need, and listens. */
export async function startService(config: Config, stores: Stores, keys: Keys, logger: Logger): Promise<Service> {
  const has = (role: Role) => config.roles.includes(role);
  const stopping = new AbortController();
  const { signal } = stopping;
  const metrics = createMetrics();
  const connected = connectEventLog(stores.eventStoreUrl, {
    onAppendHealth({ failingSince, reason }) {
      if (failingSince) logger.error({ failingSince, reason }, 'append_failing');
      else logger.info('append_recovered');
    },
  });
  const log = watchLog(tracedLog(connected), { logger, signal, onDoubt: () => webhooks.recorder.forget() });
  measureAppends(metrics.registry, log);
  const sealing = sealingUnder(keys.masterKey, config.previousMasterKey);
  const keyUses = openKeyUses({ log, logger, signal });
  const directory = openTenantDirectory({
    ...{ log, sealing, environmentKeys: keys.webhookSecrets, logger, signal, keyUses },
    mayOpenNothing: config.masterKeyLost,
  });
  const administration = { log, directory, sealing, logger, keyUses };
  const administrators = openAdministrators({ log, adminKey: keys.adminKey, logger, signal, keyUses });
  const measured = measureWebhooks(metrics);
  const webhookHealth = countAnswers();
  const webhooks = webhookRoutes({
    log,
    tenants: directory,
    now: Date.now,
    logger,
    config: { ...config.webhooks, storeTimeoutMs: STORE_TIMEOUT_MS },
    onAnswered(answer) {
      measured(answer);
      webhookHealth.note(answer);
    },
  });

  const unlimited = retellOf(directory, config.retell);
  const retell = (tenantId: string) => {
    const api = unlimited(tenantId);
    return api && withinLimits(api, { log, tenants: directory });
  };
  const placements = openPlacements({ log, retellOf: retell, logger });
  if (has('ingest'))
    directory
      .caughtUp()
      .then(() => resolveOpenRequests({ log, placements, logger, signal }))
      .catch((err) => logger.error({ err }, 'calls whose placing was interrupted are not resolved'));

  const { databaseUrl } = stores;
  if (databaseUrl !== undefined) await refuseSharedSession(databaseUrl);
  const pool = databaseUrl === undefined ? undefined : createReadPool(databaseUrl, { logger });
  const db = pool && new Kysely<ReadModel>({ dialect: new PostgresDialect({ pool }) });
  const running =
    databaseUrl !== undefined && has('project')
      ? await startProjections({
          ...{ log, databaseUrl, projections, logger, signal, maxParked: config.rebuildMaxParked },
          operations: { keepMs: config.generationKeepHours * 3_600_000 },
        })
      : undefined;
  const views = running ?? (db && has('serve') ? watchViews(projections, { log, db, logger, signal }) : undefined);
  const operations = databaseUrl === undefined ? undefined : openOperationsDatabase(databaseUrl);
  const stopMeasuring = running && measureProjections(metrics, running);
  const reacting =
    databaseUrl !== undefined && has('react')
      ? startReacting({
          ...{ config, databaseUrl, administration, recorder: webhooks.recorder, placements },
          ...{ metrics, logger, signal },
        })
      : undefined;
  const live =
    db && has('serve')
      ? liveFeed({
          ...{ db, authenticate: directory.authenticate, endOfLog: log.head, holds: log.holds, logger },
          shown: () => shownPlace(db, 'calls'),
        })
      : undefined;
  if (live) measureLive(metrics.registry, live);
  measureProcess(metrics.registry, VERSION, { log, db });

  // It needs the log alone, and an operator's other commands are answered by these two.
  const exports =
    has('ingest') || has('serve')
      ? exportRoutes({
          ...{ log, logger, access: administrators.access, readEvidence: evidenceFromLog(log, directory) },
          isTenant: (id) => directory.get(id) !== undefined,
        })
      : undefined;

  const root = routesOf({
    ...{ log, directory, administration, administrators, webhooks, placements, metrics, logger },
    ...{ roles: config.roles, metricsApart: config.metricsPort !== undefined },
    ...{ webhookHealth, trustProxy: config.webhooks.trustProxy, consoleApiUrl: config.consoleApiUrl },
    ...{ retellOf: retell, projections, maxParked: config.rebuildMaxParked },
    ...{ operations, db, running, views, live, exports, ...reacting, allowPrivate: config.outgoing.allowPrivate },
  });
  const { url, server, close } = await listen(root, config.host, config.port, config.maxConnections);
  const metricsAt =
    config.metricsPort === undefined
      ? undefined
      : await listen(metricsRoute(metrics.registry), config.host, config.metricsPort);
  if (metricsAt) logger.info({ url: metricsAt.url }, 'metrics');
  live?.attach(server);

  return {
    url,
    administration,
    async stop() {
      // First nothing new is let in, then what is under way ends, then what it uses is closed.
      await Promise.all([live?.close(), exports?.close()]);
      const closed = Promise.all([close(), metricsAt?.close()]);
      await webhooks.drain();
      await closed;
      await Promise.all([placements.drain(), keyUses.close()]);
      await reacting?.stop();
      stopping.abort();
      stopMeasuring?.();
      await running?.stop();
      await Promise.all([db?.destroy(), operations?.close()]);
      await log.close();
    },
  };
}
