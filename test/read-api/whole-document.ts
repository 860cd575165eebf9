import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { pino } from 'pino';
import type { Administrators } from '../../src/administration/access.ts';
import type { Placements } from '../../src/commands/calls/placements.ts';
import { countAnswers } from '../../src/commands/webhooks/health.ts';
import { webhookRoutes } from '../../src/commands/webhooks/routes.ts';
import { type Role, roles } from '../../src/config.ts';
import type { Erasures } from '../../src/erasure/erasures.ts';
import type { WatchedLog } from '../../src/events/log-watch.ts';
import { answerHelp } from '../../src/help.ts';
import { adminAccess } from '../../src/http/bearer.ts';
import { createMetrics } from '../../src/http/metrics.ts';
import type { RunningProjections } from '../../src/projections/engine/start.ts';
import { projections } from '../../src/projections/index.ts';
import type { ReadModel } from '../../src/projections/tables.ts';
import type { OutgoingWebhooks } from '../../src/reactions/outgoing-webhooks/start.ts';
import type { Reconciliation } from '../../src/reactions/reconciliation/start.ts';
import type { TicketMail } from '../../src/reactions/ticket-mail/start.ts';
import { exportRoutes } from '../../src/read-api/export/routes.ts';
import { liveFeed } from '../../src/read-api/live/live-feed.ts';
import { openApiDocument } from '../../src/read-api/openapi.ts';
import { routesOf } from '../../src/routes.ts';
import type { OpenTenantDirectory } from '../../src/tenants/directory.ts';
import type { Sealing } from '../../src/tenants/sealing.ts';

// The document of the whole API, which every process serves: `npm run openapi` writes it, a test holds it to the routes.

export const FILE = join(import.meta.dirname, '../../src/read-api/openapi.json');

/** What routes are made with; nothing of it is asked before a request comes. */
function routesOfRoles(of: readonly Role[]) {
  const log = {} as WatchedLog;
  const directory = {} as OpenTenantDirectory;
  const logger = pino({ level: 'silent' });
  const access = adminAccess(() => undefined);
  const administrators = { access, rootAccess: access } as Administrators;
  const db = new Kysely<ReadModel>({ dialect: new PostgresDialect({ pool: new pg.Pool() }) });
  const config = {
    rateLimitPerMinute: 50,
    rateLimitScope: 'unverified',
    bodyLimitBytes: 1,
    trustProxy: 'nobody',
  } as const;
  const tenants = directory;
  const has = (...some: Role[]) => some.some((role) => of.includes(role));
  const webhooks = webhookRoutes({
    ...{ log, tenants, logger, now: Date.now },
    config: { ...config, keepTranscriptUpdates: false, storeTimeoutMs: 1 },
  });
  return routesOf({
    ...{ roles: of, log, directory, administrators, webhooks, logger, projections, maxParked: 0 },
    ...{ trustProxy: 'nobody', webhookHealth: countAnswers() },
    administration: { log, directory, sealing: {} as Sealing, logger },
    ...{ retellOf: () => undefined, placements: {} as Placements, metrics: createMetrics() },
    ...(has('project', 'serve', 'react') && { db }),
    ...(has('project') && { running: { status: () => [] } as unknown as RunningProjections }),
    ...(has('serve') && {
      live: liveFeed({ db, authenticate: () => undefined, endOfLog: async () => undefined, logger }),
    }),
    ...(has('ingest', 'serve') && {
      exports: exportRoutes({
        ...{ log, logger, access, isTenant: () => false },
        readEvidence: async () => ({ verdict: 'expired' }),
      }),
    }),
    ...(has('react') && {
      mail: {} as TicketMail,
      outgoing: {} as OutgoingWebhooks,
      reconciliation: {} as Reconciliation,
      erasures: { erasures: {} as Erasures, sealing: {} as Sealing },
      outside: { retellApiKeyOf: () => undefined, retellBaseUrl: undefined, smtpUrl: undefined },
    }),
  });
}

type Operation = { 'x-roles'?: readonly Role[] };
type Paths = Record<string, Record<string, Operation>>;
const pathsOf = (of: readonly Role[]) => openApiDocument(routesOfRoles(of)).paths as Paths;

/** With `x-roles` where not every process answers: any with one of these roles does. */
export function wholeDocument() {
  const document = openApiDocument(routesOfRoles(roles));
  const ofRole = roles.map((role) => ({ role, paths: pathsOf([role]) }));
  for (const [path, operations] of Object.entries(document.paths as Paths))
    for (const [method, operation] of Object.entries(operations)) {
      const answering = ofRole.filter(({ paths }) => paths[path]?.[method] !== undefined).map(({ role }) => role);
      if (answering.length < roles.length) operation['x-roles'] = answering;
    }
  return document;
}

export const asText = (document: object): string => `${JSON.stringify(document, null, 2)}\n`;

if (import.meta.main) {
  answerHelp(`usage: npm run openapi

Writes src/read-api/openapi.json, the document of the whole API, from the routes as they are now. It takes no options.`);
  writeFileSync(FILE, asText(wholeDocument()));
  process.exit();
}
