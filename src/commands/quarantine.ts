import type { Logger } from 'pino';
import { appendDecided } from '../events/append-decided.ts';
import type { EventLog, NewEvent } from '../events/event-log.ts';
import { uuidOf } from '../events/identity.ts';
import { endpoints } from '../events/metadata.ts';
import { DELIVERY_RELEASED, type DeliveryQuarantined, type DeliveryReleased } from '../events/raw-delivery.ts';
import type { CallFact, Delivery } from '../retell/call-fact.ts';
import { type Quarantined, type QuarantineId, readQuarantined } from './quarantine/quarantined.ts';
import type { TenantDirectory } from './tenants/tenant.ts';
import { accept } from './webhooks/accept.ts';
import { logAccepted } from './webhooks/delivery-log.ts';
import type { Recorder } from './webhooks/record.ts';

export type RetryDeps = {
  readonly log: EventLog;
  /** The webhooks' own: who writes to one call takes turns, whatever he comes from. */
  readonly recorder: Recorder;
  readonly tenants: TenantDirectory;
  readonly logger: Logger;
  readonly now?: () => Date;
};

export type Retried =
  | { readonly outcome: 'recorded' | 'duplicate'; readonly callId: string; readonly factId: string }
  | {
      readonly outcome: 'still_quarantined';
      readonly reason: DeliveryQuarantined['reason'] | 'evidence_failed' | 'evidence_expired';
    };

/**
 * Sends the signed bytes the way of a fresh delivery, as the code and the tenant's settings now are; what is told of
 * the delivery itself stays what it was. Only bytes that still verify may become a fact. Doing it again, or being
 * interrupted between the fact and its release, does no harm. Undefined: no such delivery.
 */
export async function retryQuarantined(id: QuarantineId, deps: RetryDeps): Promise<Retried | undefined> {
  const { log, recorder, tenants, logger, now = () => new Date() } = deps;
  const started = performance.now();
  const found = await readQuarantined(log, tenants, id);
  const tenant = found && tenants.get(found.tenantId);
  if (found === undefined || tenant === undefined) return undefined;
  if (found.evidence !== 'verified') return { outcome: 'still_quarantined', reason: `evidence_${found.evidence}` };

  const { body, sha256, signatureHeader, keyId, receivedAt } = found.raw;
  const endpoint = endpoints.find((name) => name === found.listed.endpoint);
  if (endpoint === undefined)
    throw new Error(`${found.stream} came in at "${found.listed.endpoint}", which is no more`);
  const delivery: Delivery = { tenant, endpoint, body, sha256, signatureHeader, keyId, receivedAt };
  // What is in quarantine was meant to be kept, whatever is kept of new ones.
  const accepted = await accept(delivery, { recorder, tenants, keepTranscriptUpdates: true });
  const form = /^v=/i.test(signatureHeader) ? 'timed' : 'bare';
  logAccepted(logger, accepted, delivery, form, Math.round(performance.now() - started));

  if (!('fact' in accepted)) {
    const reason = accepted.outcome === 'not_kept' ? found.listed.reason : accepted.reason;
    logger.info({ quarantine_id: id, outcome: 'still_quarantined', reason }, 'quarantine retried');
    return { outcome: 'still_quarantined', reason };
  }
  const { fact, outcome } = accepted;
  const release = releaseOf(found, fact, now().toISOString());
  await appendDecided(log, found.stream, (seen) => (seen.some((event) => event.id === release.id) ? [] : [release]));
  logger.info({ quarantine_id: id, outcome, call_id: fact.callId }, 'quarantine retried');
  return { outcome, callId: fact.callId, factId: fact.id };
}

function releaseOf(found: Quarantined, { id: factId, callId }: CallFact, receivedAt: string): NewEvent {
  const data: DeliveryReleased = { callId, factId };
  const { tenantId } = found;
  return {
    id: uuidOf('released', found.id, factId),
    type: DELIVERY_RELEASED,
    data,
    metadata: { tenantId, source: 'command', receivedAt, $correlationId: callId, $causationId: factId },
  };
}
