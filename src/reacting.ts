import type { Logger } from 'pino';
import { resolveOpenRequests } from './commands/calls/open-requests.ts';
import type { Placements } from './commands/calls/placements.ts';
import { retellApiKeyOf } from './commands/calls/retell-api.ts';
import type { Recorder } from './commands/webhooks/record.ts';
import type { Config } from './config.ts';
import { openErasures } from './erasure/erasures.ts';
import { startErasure } from './erasure/start.ts';
import type { Metrics } from './http/metrics.ts';
import { measureMail, measureReconciliation } from './measurements.ts';
import { startCallLinking } from './reactions/call-linking/start.ts';
import { measureOutgoing } from './reactions/outgoing-webhooks/metrics.ts';
import { startOutgoingWebhooks } from './reactions/outgoing-webhooks/start.ts';
import { startReconciliation } from './reactions/reconciliation/start.ts';
import { startTicketMail } from './reactions/ticket-mail/start.ts';
import { deleteAtRetell } from './retell/delete-call.ts';
import { type AdministrationDeps, administration as changesOf } from './tenants/administration.ts';

type Reacting = {
  readonly config: Config;
  readonly databaseUrl: string;
  readonly administration: AdministrationDeps;
  /** The webhooks' own. */
  readonly recorder: Recorder;
  readonly placements: Placements;
  readonly metrics: Pick<Metrics, 'registry'>;
  readonly logger: Logger;
  readonly signal: AbortSignal;
};

/** Starts what acts because of facts, for the role `react`. */
export function startReacting(options: Reacting) {
  const { config, databaseUrl, administration, recorder, placements, metrics, logger, signal } = options;
  const { log, directory, sealing } = administration;
  const tenants = directory;
  const retell = {
    retellApiKeyOf: retellApiKeyOf(directory, config.retell),
    retellBaseUrl: config.retell.baseUrl,
  };
  const mail = startTicketMail({ log, tenants, databaseUrl, ...config.mail, logger, signal });
  const linking = startCallLinking({ log, databaseUrl, matchMinutes: config.sessionMatchMinutes, logger, signal });
  const { requestsPerSecond, ...reconcile } = config.reconcile;
  const reconciliation = startReconciliation({
    ...{ log, tenants, databaseUrl, recorder, logger, signal, ...retell, ...reconcile },
    // Briefly: what is open still is looked for again in the next run.
    settleRequests: (ends) => resolveOpenRequests({ log, placements, logger, signal: ends, forMs: 30_000 }),
    pace: { requestsPerSecond },
  });
  const erasures = openErasures({ log, logger, signal });
  const erasing = startErasure({
    ...{ log, erasures, tenants, sealing, databaseUrl, logger, everyMinutes: config.retentionEveryMinutes },
    deleteAtRetell: (tenantId, callId, ends) => {
      const key = retell.retellApiKeyOf(tenantId);
      return key === undefined ? undefined : deleteAtRetell(key, retell.retellBaseUrl, callId, ends);
    },
  });
  const outgoing = startOutgoingWebhooks({
    ...{ log, directory, administration: changesOf(administration), databaseUrl, ...config.outgoing, logger, signal },
  });
  measureMail(metrics.registry, mail);
  measureReconciliation(metrics.registry, reconciliation);
  measureOutgoing(metrics.registry, outgoing);

  return {
    ...{ mail, reconciliation, outgoing, erasures: { erasures, sealing } },
    outside: { ...retell, smtpUrl: config.mail.smtpUrl },
    async stop() {
      await Promise.all([mail, outgoing, linking, reconciliation, erasing].map((one) => one.stop()));
    },
  };
}
