import { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { contextStorage } from 'hono/context-storage';
import { requestId } from 'hono/request-id';
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { Administrators } from './administration/access.ts';
import { accessRoutes } from './administration/access-routes.ts';
import type { OperationsDatabase } from './administration/answers.ts';
import { operationRoutes } from './administration/operation-routes.ts';
import { parkedRoutes } from './administration/parked-routes.ts';
import { projectionRoutes } from './administration/projection-routes.ts';
import { reconciliationRoutes } from './administration/reconciliation-routes.ts';
import { adminRoutes } from './administration/tenant-routes.ts';
import { webhookHealthRoute } from './administration/webhook-health-routes.ts';
import { appointmentRoutes } from './commands/appointments.ts';
import { archiveRoutes } from './commands/archive.ts';
import { type CallRoutesDeps, callRoutes } from './commands/calls/call-routes.ts';
import type { Placements } from './commands/calls/placements.ts';
import { quarantineRetryRoute, reviewQuarantined } from './commands/quarantine.ts';
import { ticketRoutes } from './commands/tickets.ts';
import type { WebhookHealth } from './commands/webhooks/health.ts';
import { routedPath, type Webhooks } from './commands/webhooks/routes.ts';
import type { Role } from './config.ts';
import { withOthers } from './console/api.ts';
import { consoleElsewhere, consoleRoutes } from './console/routes.ts';
import { sessionsUnder } from './console/session.ts';
import { personRoutes } from './erasure/person-routes.ts';
import { type ErasureRoutesDeps, erasureRoutes } from './erasure/routes.ts';
import type { WatchedLog } from './events/log-watch.ts';
import { knowsOtherKeys, slowGuesses } from './http/bearer.ts';
import { type Metrics, measureRequests, traceRequests } from './http/metrics.ts';
import { clientIpBy, isTlsBy, type ProxyTrust } from './http/rate-limit.ts';
import { tenantShare } from './http/tenant-share.ts';
import { lagOfViews } from './projections/engine/progress.ts';
import type { Projection } from './projections/engine/projection.ts';
import type { RunningProjections } from './projections/engine/start.ts';
import type { ReadModel } from './projections/tables.ts';
import { endpointRoutes } from './reactions/outgoing-webhooks/endpoint-routes.ts';
import { overviewRoute } from './reactions/outgoing-webhooks/overview-route.ts';
import type { OutgoingWebhooks } from './reactions/outgoing-webhooks/start.ts';
import { type OutsideDependencies, outsideRoutes } from './reactions/outside.ts';
import { readCoverage } from './reactions/reconciliation/coverage.ts';
import type { Reconciliation } from './reactions/reconciliation/start.ts';
import { mailRoutes } from './reactions/ticket-mail/mail-routes.ts';
import { previewTicketMail } from './reactions/ticket-mail/render.ts';
import type { TicketMail } from './reactions/ticket-mail/start.ts';
import { coverageRoutes } from './read-api/coverage.ts';
import { docsPage } from './read-api/docs-page.ts';
import type { Exports } from './read-api/export/routes.ts';
import { guide } from './read-api/guide.ts';
import { healthRoutes, metricsRoute } from './read-api/health-routes.ts';
import type { LiveFeed } from './read-api/live/live-feed.ts';
import { meRoute } from './read-api/me.ts';
import { openApiRoute } from './read-api/openapi.ts';
import { quarantineReadRoutes } from './read-api/quarantine.ts';
import { queryRoutes } from './read-api/query-routes.ts';
import { READS_AT_ONCE } from './read-api/tenant-reads.ts';
import { answerUnhandled } from './read-api/unhandled.ts';
import { readinessOf } from './readiness.ts';
import { nothingShown, shownResources } from './shown-resources.ts';
import { type AdministrationDeps, administration as changesOf } from './tenants/administration.ts';
import type { OpenTenantDirectory } from './tenants/directory.ts';
import { asOf } from './time-travel/as-of.ts';
import { histories } from './time-travel/histories.ts';

export type Parts = {
  readonly roles: readonly Role[];
  /** /metrics is at an address of its own. */
  readonly metricsApart?: boolean | undefined;
  readonly log: WatchedLog;
  readonly directory: OpenTenantDirectory;
  readonly administration: AdministrationDeps;
  readonly administrators: Administrators;
  readonly webhooks: Webhooks;
  readonly webhookHealth: WebhookHealth;
  /** TRUST_PROXY */
  readonly trustProxy: ProxyTrust;
  /** CONSOLE_API_URL */
  readonly consoleApiUrl?: string | undefined;
  readonly retellOf: CallRoutesDeps['retellOf'];
  readonly placements: Placements;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Absent where the process's roles need no Postgres. */
  readonly db?: Kysely<ReadModel> | undefined;
  /** Absent where this process runs no projection. */
  readonly running?: RunningProjections | undefined;
  /** The status of what this process runs, else of what it shows. */
  readonly views?: Pick<RunningProjections, 'status'> | undefined;
  /** All that the code has, whether or not this process runs them. */
  readonly projections: readonly Projection[];
  /** REBUILD_MAX_PARKED */
  readonly maxParked: number;
  /** Absent where the process's roles need no Postgres. */
  readonly operations?: OperationsDatabase | undefined;
  readonly live?: LiveFeed | undefined;
  readonly exports?: Exports | undefined;
  readonly mail?: TicketMail | undefined;
  readonly outgoing?: OutgoingWebhooks | undefined;
  /** WEBHOOK_ALLOW_PRIVATE */
  readonly allowPrivate?: boolean | undefined;
  readonly reconciliation?: Reconciliation | undefined;
  /** Absent where this process does not react. */
  readonly erasures?: Pick<ErasureRoutesDeps, 'erasures' | 'sealing'> | undefined;
  /** Absent where this process neither asks Retell by itself nor sends mails. */
  readonly outside?: Omit<OutsideDependencies, 'access' | 'directory'> | undefined;
};

/** No browser is to take an answer for a page. */
const noSniffing: MiddlewareHandler = async (c, next) => {
  c.header('x-content-type-options', 'nosniff');
  await next();
};

/** Every route of a process: each role mounts what it serves; health, metrics and docs are everywhere. */
export function routesOf({ roles, log, directory, administrators, metrics, logger, ...parts }: Parts): OpenAPIHono {
  const {
    webhooks,
    retellOf,
    placements,
    db,
    projections,
    running,
    views,
    live,
    exports,
    mail,
    outgoing,
    reconciliation,
  } = parts;
  const { authenticate } = directory;
  const { access } = administrators;
  const statuses = () => views?.status() ?? [];
  const root = new OpenAPIHono({ getPath: routedPath });
  root.use(
    requestId(),
    contextStorage(),
    traceRequests,
    noSniffing,
    measureRequests(metrics),
    slowGuesses(clientIpBy(parts.trustProxy), logger),
    knowsOtherKeys({
      isAdminKey: (key) => administrators.authenticate(key) !== undefined,
      isApiKey: (key) => authenticate(key) !== undefined,
    }),
  );
  answerUnhandled(root, logger, roles);

  if (roles.includes('ingest')) {
    const shown = db ? shownResources(db, running) : nothingShown;
    const common = { log, authenticate, logger };
    root.route('/', webhooks.routes);
    root.route('/', webhookHealthRoute({ access, health: parts.webhookHealth }));
    root.route('/', adminRoutes({ ...parts.administration, access }));
    root.route('/', quarantineRetryRoute({ log, recorder: webhooks.recorder, tenants: directory, logger, access }));
    root.route('/', appointmentRoutes({ ...common, appointmentAfter: shown.appointment }));
    root.route('/', ticketRoutes({ ...common, ticketAfter: shown.ticket }));
    const { callsOfSession, session: sessionAfter } = shown;
    root.route('/', archiveRoutes({ ...common, callsOfSession, sessionAfter }));
    root.route('/', callRoutes({ ...common, tenants: directory, retellOf, placements, sessionAfter }));
  }
  const coverage = db && readCoverage(db);
  if (roles.includes('serve') && db && coverage) {
    const lag = () => lagOfViews(statuses());
    const timeZoneOf = (id: string) => directory.get(id)?.settings.timeZone;
    const reading = { db, authenticate, lag, inWork: tenantShare(READS_AT_ONCE) };
    root.route('/', coverageRoutes({ ...reading, coverage }));
    const past = { asOf: asOf({ log, db }), histories: histories({ log, db, tenants: directory }) };
    root.route('/', queryRoutes({ ...reading, ...past, timeZoneOf }));
    root.route('/', quarantineReadRoutes({ db, access, review: reviewQuarantined(log, directory) }));
    if (live) root.route('/', live.routes);
  }
  root.route(
    '/',
    roles.includes('serve')
      ? consoleRoutes({
          answer: withOthers((request, env) => root.fetch(request, env), parts.consoleApiUrl),
          sessions: sessionsUnder(parts.administration.sealing),
          isSecure: isTlsBy(parts.trustProxy),
        })
      : consoleElsewhere(roles),
  );
  if (exports) root.route('/', exports.routes);
  root.route('/', accessRoutes(administrators, logger));
  const { authenticate: administrator } = administrators;
  const tenant = (id: string) => directory.get(id)?.settings;
  root.route('/', meRoute({ authenticate, administrator, tenant, ready: () => directory.ready() }));
  const administration = { access, database: parts.operations, logger };
  root.route('/', projectionRoutes({ ...administration, projections, statuses, maxParked: parts.maxParked }));
  root.route('/', operationRoutes(administration));
  root.route('/', parkedRoutes({ ...administration, log, projections }));
  if (parts.outside) root.route('/', outsideRoutes({ access, directory, ...parts.outside }));
  if (mail) root.route('/', mailRoutes({ log, tenants: directory, mail, access, logger }));
  if (outgoing) {
    const { allowPrivate = false } = parts;
    const administration = changesOf(parts.administration);
    root.route('/', endpointRoutes({ authenticate, directory, administration, outgoing, allowPrivate, logger }));
    root.route('/', overviewRoute({ access, directory, outgoing, logger }));
  }
  if (parts.erasures && db) {
    const common = { log, db, tenants: directory, access, logger };
    root.route('/', erasureRoutes({ ...common, ...parts.erasures }));
    const mailOf = (id: string, ticketId: string) => previewTicketMail(log, id, ticketId, directory.get(id)?.settings);
    root.route('/', personRoutes({ ...common, mailOf }));
  }
  if (reconciliation && coverage) {
    const isTenant = (id: string) => directory.get(id) !== undefined;
    root.route('/', reconciliationRoutes({ access, reconciliation, coverage, isTenant }));
  }
  const checks = readinessOf({
    ...{ log, directory },
    // The door needs no Postgres, though its answers are fuller with one.
    ...(db && roles.some((role) => role !== 'ingest') && { db }),
    ...(views && { projections: views, shown: projections }),
    ...(reconciliation && { reconciliation }),
  });
  root.route('/', healthRoutes(checks));
  if (!parts.metricsApart) root.route('/', metricsRoute(metrics.registry));
  root.route('/', openApiRoute());
  root.route('/', docsPage());
  root.route('/', guide());
  return root;
}
