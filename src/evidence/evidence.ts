import type { Tenant } from '../commands/tenants/tenant.ts';
import { assemble, type RawDelivery, rawParts } from '../commands/webhooks/raw-parts.ts';
import type { Written } from '../commands/webhooks/record-as-new.ts';
import { type EventLog, readLeft, StreamDeleted } from '../events/event-log.ts';
import type { Writing } from '../events/idempotent-append.ts';
import { sha256 } from '../events/identity.ts';
import type { FactMetadata } from '../events/metadata.ts';
import { RawDeliveryPart } from '../events/raw-delivery.ts';
import { evidenceStream } from '../events/streams.ts';
import type { CallFact, Delivery } from '../retell/call-fact.ts';
import { signedBy } from '../retell/signature.ts';

/** The bytes that a fact rests on, as they are to be stored before it (A5): what is on record can always be shown. */
export async function evidenceOf(fact: CallFact, delivery: Delivery): Promise<Written> {
  return { stream: evidenceStream(delivery.tenant.id, fact.callId), events: await rawParts(fact.id, delivery) };
}

/**
 * Whether nothing that a fact rests on is wanting: a process that was killed may have left one without. What was deleted
 * for good is not to come back.
 */
export async function hasEvidence(fact: CallFact, stream: string, { log }: Writing): Promise<boolean> {
  try {
    const events = await log.read(stream);
    return events.some(({ metadata }) => RawDeliveryPart.safeParse(metadata).data?.deliveryId === fact.id);
  } catch (error) {
    if (error instanceof StreamDeleted) return true;
    throw error;
  }
}

/** The delivery that a fact rests on, byte for byte; undefined: expired or erased. */
export const readRawDelivery = async (
  log: EventLog,
  stream: string,
  deliveryId: string,
  digest?: string,
): Promise<RawDelivery | undefined> => assemble(await readLeft(log, stream), deliveryId, digest);

export type EvidenceVerdict = 'verified' | 'failed' | 'expired' | 'none';

/**
 * Checks the facts of one call anew: the stored header over the stored bytes with the key that verified it then,
 * whatever the time now. Answers in the order of the facts; `none`: nothing was signed (a reconciliation, a command).
 */
export async function evidenceVerdicts(
  log: EventLog,
  tenant: Tenant,
  callId: string,
  facts: readonly Pick<FactMetadata, 'evidence'>[],
): Promise<EvidenceVerdict[]> {
  if (facts.every(({ evidence }) => evidence === undefined)) return facts.map(() => 'none');
  const events = await readLeft(log, evidenceStream(tenant.id, callId));
  return Promise.all(
    facts.map(async ({ evidence }) => {
      if (evidence === undefined) return 'none';
      try {
        const delivery = await assemble(events, evidence.deliveryId, evidence.sha256);
        if (delivery === undefined) return 'expired';
        return isAsSigned(delivery, tenant) ? 'verified' : 'failed';
      } catch {
        return 'failed'; // the parts are there and do not unzip
      }
    }),
  );
}

/** Whether a delivery that was read back is what one of the tenant's keys, of today or of then, has signed. */
export function isAsSigned({ body, sha256: digest, signatureHeader, keyId }: RawDelivery, tenant: Tenant): boolean {
  const key = [...tenant.webhookKeys, ...tenant.formerWebhookKeys].find((k) => k.keyId === keyId);
  return key !== undefined && sha256(body) === digest && signedBy(key, body, signatureHeader);
}
