import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { constants, gunzip, gzip, gzipSync } from 'node:zlib';
import { type EventLog, EventStoreUnavailable, type NewEvent, readLeft, StreamDeleted } from '../events/event-log.ts';
import { APPEND_LIMIT, type Writing, type Written } from '../events/idempotent-append.ts';
import { sha256, uuidOf } from '../events/identity.ts';
import type { FactMetadata } from '../events/metadata.ts';
import { RAW_DELIVERY_PART, RawDeliveryPart } from '../events/raw-delivery.ts';
import type { Recorded } from '../events/recorded.ts';
import { evidenceStream } from '../events/streams.ts';
import type { CallFact, Delivery } from '../retell/call-fact.ts';
import { signedBy } from '../retell/signature.ts';
import type { Tenant, TenantDirectory } from '../tenants/tenant.ts';

const compress = promisify(gzip);
const decompress = promisify(gunzip);
const FAST = { level: constants.Z_BEST_SPEED };

/** The signed bytes as events, each of which fits one append; the same bytes give the same ids (C3). */
export async function rawParts(deliveryId: string, delivery: Delivery): Promise<NewEvent[]> {
  const { tenant, body, sha256, signatureHeader, keyId, receivedAt } = delivery;
  // Speed over size: this stands between the caller and the answer. A usual body costs less here than in a thread.
  const zipped = body.length <= 64 * 1024 ? gzipSync(body, FAST) : await compress(body, FAST);
  const parts = Math.ceil(zipped.length / APPEND_LIMIT);
  return Array.from({ length: parts }, (_, part) => {
    const metadata: RawDeliveryPart = {
      tenantId: tenant.id,
      deliveryId,
      part,
      parts,
      sha256,
      bytes: body.length,
      signatureHeader,
      keyId,
      verdict: 'authentic',
      receivedAt,
    };
    return {
      id: uuidOf('evidence', deliveryId, sha256, String(part)),
      type: RAW_DELIVERY_PART,
      data: zipped.subarray(part * APPEND_LIMIT, (part + 1) * APPEND_LIMIT),
      metadata,
    };
  });
}

/** A delivery read back: what was signed, and how. */
export type RawDelivery = Omit<RawDeliveryPart, 'part' | 'parts' | 'verdict'> & { readonly body: Buffer };

/**
 * The delivery among the events of an evidence or quarantine stream; undefined where a part of it is gone.
 * One fact may have been delivered in several wordings: the digest, when given, tells which.
 */
export async function assemble(
  events: readonly Recorded[],
  deliveryId: string,
  sha256?: string,
): Promise<RawDelivery | undefined> {
  const found = events.flatMap(({ type, data, metadata }) => {
    const about = type === RAW_DELIVERY_PART ? RawDeliveryPart.safeParse(metadata).data : undefined;
    return about?.deliveryId === deliveryId ? [{ ...about, data: data as Uint8Array }] : [];
  });
  const about = found.find((part) => part.sha256 === (sha256 ?? part.sha256));
  if (about === undefined) return undefined;
  const pieces = Array.from(
    { length: about.parts },
    (_, part) => found.find((piece) => piece.sha256 === about.sha256 && piece.part === part)?.data,
  );
  if (pieces.some((piece) => piece === undefined)) return undefined;
  const body = await decompress(Buffer.concat(pieces as Uint8Array[]), { maxOutputLength: Math.max(1, about.bytes) });
  const { tenantId, bytes, signatureHeader, keyId, receivedAt } = about;
  return { tenantId, deliveryId, sha256: about.sha256, bytes, signatureHeader, keyId, receivedAt, body };
}

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

/** The evidence of an exported fact, straight from the log, checked anew with the key that verified it then. */
export const evidenceFromLog =
  (log: EventLog, tenants: TenantDirectory) =>
  async (evidence: { tenantId: string; stream: string; deliveryId: string; sha256: string }) => {
    const parts = await readPatiently(log, evidence.stream);
    const delivery = await assemble(parts, evidence.deliveryId, evidence.sha256).catch(() => 'does not unzip' as const);
    if (delivery === 'does not unzip') return { verdict: 'failed' as const };
    if (delivery === undefined) return { verdict: 'expired' as const };
    const tenant = tenants.get(evidence.tenantId);
    const isSigned = tenant !== undefined && isAsSigned(delivery, tenant);
    return { verdict: isSigned ? ('verified' as const) : ('failed' as const), delivery };
  };

const ATTEMPTS = 3;

/** None where the stream was deleted, for good too. A long export should not end with one answer that is late. */
async function readPatiently(log: EventLog, stream: string): Promise<Recorded[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await readLeft(log, stream);
    } catch (error) {
      if (!(error instanceof EventStoreUnavailable) || attempt === ATTEMPTS) throw error;
      await sleep(100 * attempt);
    }
  }
}
