import { OpenAPIHono } from '@hono/zod-openapi';
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { OperationsDatabase } from './administration/answers.ts';
import { operationRoutes } from './administration/operation-routes.ts';
import { parkedRoutes } from './administration/parked-routes.ts';
import { projectionRoutes } from './administration/projection-routes.ts';
import { reconciliationRoutes } from './administration/reconciliation-routes.ts';
import { adminRoutes } from './administration/tenant-routes.ts';
import { appointmentRoutes } from './commands/appointments.ts';
import { archiveRoutes } from './commands/archive.ts';
import { type CallRoutesDeps, callRoutes } from './commands/calls/call-routes.ts';
import type { Placements } from './commands/calls/placements.ts';
import { quarantineRetryRoute, reviewQuarantined } from './commands/quarantine.ts';
import { ticketRoutes } from './commands/tickets.ts';
import { routedPath, type Webhooks } from './commands/webhooks/routes.ts';
import type { Role } from './config.ts';
import type { Keys } from './credentials.ts';
import type { WatchedLog } from './events/log-watch.ts';
import { type Metrics, measureRequests } from './http/metrics.ts';
import type { Projection } from './projections/engine/projection.ts';
import type { RunningProjections } from './projections/engine/start.ts';
import type { ReadModel } from './projections/tables.ts';
import { readCoverage } from './reactions/reconciliation/coverage.ts';
import type { Reconciliation } from './reactions/reconciliation/start.ts';
import { mailRoutes } from './reactions/ticket-mail/mail-routes.ts';
import type { TicketMail } from './reactions/ticket-mail/start.ts';
import { coverageRoutes } from './read-api/coverage.ts';
import { docsPage } from './read-api/docs-page.ts';
import type { Exports } from './read-api/export/routes.ts';
import { healthRoutes, metricsRoute } from './read-api/health-routes.ts';
import type { LiveFeed } from './read-api/live/live-feed.ts';
import { openApiRoute } from './read-api/openapi.ts';
import { quarantineReadRoutes } from './read-api/quarantine.ts';
import { queryRoutes } from './read-api/query-routes.ts';
import { answerUnhandled } from './read-api/unhandled.ts';
import { readinessOf } from './readiness.ts';
import { nothingShown, shownResources } from './shown-resources.ts';
import type { OpenTenantDirectory } from './tenants/directory.ts';
import { asOf } from './time-travel/as-of.ts';
import { sessionHistory } from './time-travel/history.ts';

export type Parts = {
  readonly roles: readonly Role[];
  readonly log: WatchedLog;
  readonly directory: OpenTenantDirectory;
  readonly keys: Keys;
  readonly webhooks: Webhooks;
  readonly retellOf: CallRoutesDeps['retellOf'];
  readonly placements: Placements;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Absent where the process's roles need no Postgres. */
  readonly db?: Kysely<ReadModel>;
  /** Absent where this process runs no projection. */
  readonly running?: RunningProjections;
  /** All that the code has, whether or not this process runs them. */
  readonly projections: readonly Projection[];
  /** REBUILD_MAX_PARKED */
  readonly maxParked: number;
  /** Absent where the process's roles need no Postgres. */
  readonly operations?: OperationsDatabase;
  readonly live?: LiveFeed;
  readonly exports?: Exports;
  readonly mail?: TicketMail;
  readonly reconciliation?: Reconciliation;
};

/** Every route of a process: each role mounts what it serves; health, metrics and docs are everywhere. */
export function routesOf({ roles, log, directory, keys, metrics, logger, ...parts }: Parts): OpenAPIHono {
  const { webhooks, retellOf, placements, db, projections, running, live, exports, mail, reconciliation } = parts;
  const { authenticate } = directory;
  const { adminKey, masterKey } = keys;
  const root = new OpenAPIHono({ getPath: routedPath });
  root.use(measureRequests(metrics));
  answerUnhandled(root, logger);

  if (roles.includes('ingest')) {
    const shown = db && running ? shownResources(db, running) : nothingShown;
    const common = { log, authenticate, logger };
    root.route('/', webhooks.routes);
    root.route('/', adminRoutes({ log, directory, masterKey, adminKey, logger }));
    root.route('/', quarantineRetryRoute({ log, recorder: webhooks.recorder, tenants: directory, logger, adminKey }));
    root.route('/', appointmentRoutes({ ...common, appointmentAfter: shown.appointment }));
    root.route('/', ticketRoutes({ ...common, ticketAfter: shown.ticket }));
    const { callsOfSession, session: sessionAfter } = shown;
    root.route('/', archiveRoutes({ ...common, callsOfSession, sessionAfter }));
    root.route('/', callRoutes({ ...common, tenants: directory, retellOf, placements, sessionAfter }));
  }
  const coverage = db && readCoverage(db);
  if (roles.includes('serve') && db && coverage) {
    root.route('/', coverageRoutes({ db, authenticate, coverage }));
    const history = sessionHistory(log, directory);
    const timeZoneOf = (id: string) => directory.get(id)?.settings.timeZone;
    root.route('/', queryRoutes({ db, authenticate, history, asOf: asOf({ log, db }), timeZoneOf }));
    root.route('/', quarantineReadRoutes({ db, adminKey, review: reviewQuarantined(log, directory) }));
    if (live) root.route('/', live.routes);
  }
  if (exports) root.route('/', exports.routes);
  const administration = { adminKey, database: parts.operations, logger };
  const statuses = () => running?.status() ?? [];
  root.route('/', projectionRoutes({ ...administration, projections, statuses, maxParked: parts.maxParked }));
  root.route('/', operationRoutes(administration));
  root.route('/', parkedRoutes({ ...administration, log, projections }));
  if (mail) root.route('/', mailRoutes({ log, tenants: directory, mail, adminKey, logger }));
  if (reconciliation && coverage) {
    const isTenant = (id: string) => directory.get(id) !== undefined;
    root.route('/', reconciliationRoutes({ adminKey, reconciliation, coverage, isTenant }));
  }
  const checks = readinessOf({
    ...{ log, directory },
    ...(db && { db }),
    ...(running && { projections: running }),
    ...((roles.includes('serve') || running) && { shown: projections }),
    ...(reconciliation && { reconciliation }),
  });
  root.route('/', healthRoutes(checks));
  root.route('/', metricsRoute(metrics.registry));
  root.route('/', openApiRoute(root));
  root.route('/', docsPage());
  return root;
}
