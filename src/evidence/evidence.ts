import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { constants, gunzip, gzip, gzipSync } from 'node:zlib';
import { erasureIn } from '../events/erased.ts';
import { type EventLog, EventStoreUnavailable, type NewEvent, readLeft, StreamDeleted } from '../events/event-log.ts';
import { APPEND_LIMIT, type Writing, type Written } from '../events/idempotent-append.ts';
import { sha256, uuidOf } from '../events/identity.ts';
import type { FactMetadata } from '../events/metadata.ts';
import { RAW_DELIVERY_PART, RawDeliveryPart } from '../events/raw-delivery.ts';
import type { Recorded } from '../events/recorded.ts';
import { evidenceStream } from '../events/streams.ts';
import type { CallFact, Delivery } from '../retell/call-fact.ts';
import { signedBy } from '../retell/signature.ts';
import { type Tenant, type TenantDirectory, webhookKeysEver } from '../tenants/tenant.ts';

const compress = promisify(gzip);
const decompress = promisify(gunzip);
const FAST = { level: constants.Z_BEST_SPEED };

/** The signed bytes as events that each fit one append; the same bytes give the same ids (C3). */
export async function rawParts(deliveryId: string, delivery: Delivery): Promise<NewEvent[]> {
  const { tenant, body, sha256, signatureHeader, keyId, receivedAt } = delivery;
  // Fast rather than small, since the caller waits. A usual body costs less here than in a thread.
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

/** A stored delivery: what was signed, and how. */
export type RawDelivery = Omit<RawDeliveryPart, 'part' | 'parts' | 'verdict'> & { readonly body: Buffer };

/**
 * Finds a delivery among the events of a stream; undefined when a part is gone. The digest selects one of several
 * wordings of a fact.
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

/** The evidence of a fact, which is stored before it (A5), so that every fact on record can be shown. */
export async function evidenceOf(fact: CallFact, delivery: Delivery): Promise<Written> {
  return { stream: evidenceStream(delivery.tenant.id, fact.callId), events: await rawParts(fact.id, delivery) };
}

/**
 * Whether the evidence is there: a killed process may have left a fact without. What was erased or deleted for good must
 * not come back.
 */
export async function hasEvidence(fact: CallFact, stream: string, { log }: Writing): Promise<boolean> {
  try {
    const events = await log.read(stream);
    if (erasureIn(events)) return true;
    return events.some(({ metadata }) => RawDeliveryPart.safeParse(metadata).data?.deliveryId === fact.id);
  } catch (error) {
    if (error instanceof StreamDeleted) return true;
    throw error;
  }
}

export type EvidenceVerdict = 'verified' | 'failed' | 'expired' | 'erased' | 'none';

/**
 * Verifies the facts of one call against the stored bytes and the key of then, in their order; `none`: nothing was
 * signed.
 */
export async function evidenceVerdicts(
  log: EventLog,
  tenant: Tenant,
  callId: string,
  facts: readonly Pick<FactMetadata, 'evidence'>[],
): Promise<EvidenceVerdict[]> {
  if (facts.every(({ evidence }) => evidence === undefined)) return facts.map(() => 'none');
  const events = await readLeft(log, evidenceStream(tenant.id, callId));
  const verdicts: EvidenceVerdict[] = [];
  // One after the other, so that never more than one body is in memory.
  for (const { evidence } of facts)
    verdicts.push(evidence === undefined ? 'none' : (await examine(events, evidence, tenant)).verdict);
  return verdicts;
}

type Examined =
  | { readonly verdict: 'verified'; readonly delivery: RawDelivery }
  | { readonly verdict: 'failed' | 'expired'; readonly delivery?: RawDelivery };

/** A delivery among the events of a stream, and whether its bytes still are what a key of the tenant has signed. */
export async function examine(
  events: readonly Recorded[],
  { deliveryId, sha256: digest }: { readonly deliveryId: string; readonly sha256: string },
  tenant: Tenant | undefined,
): Promise<Examined> {
  try {
    const delivery = await assemble(events, deliveryId, digest);
    if (delivery === undefined) return { verdict: 'expired' };
    return { verdict: tenant !== undefined && isAsSigned(delivery, tenant) ? 'verified' : 'failed', delivery };
  } catch {
    return { verdict: 'failed' }; // the parts are there and do not unzip
  }
}

/** Whether one of the keys of the tenant, current or former, signed a stored delivery. */
export function isAsSigned({ body, sha256: digest, signatureHeader, keyId }: RawDelivery, tenant: Tenant): boolean {
  const keys = webhookKeysEver(tenant);
  const named = keys.filter((k) => k.keyId === keyId);
  // A key that was forgotten with its MASTER_KEY comes back under another id.
  const candidates = named.length > 0 ? named : keys;
  return sha256(body) === digest && candidates.some((key) => signedBy(key, body, signatureHeader));
}

/** Reads the evidence of an exported fact from the log and verifies it. */
export const evidenceFromLog =
  (log: EventLog, tenants: TenantDirectory) =>
  async (evidence: { tenantId: string; stream: string; deliveryId: string; sha256: string }) =>
    examine(await readPatiently(log, evidence.stream), evidence, tenants.get(evidence.tenantId));

const ATTEMPTS = 3;

/** Retries, so that one slow answer does not end a long export. Empty when the stream was deleted. */
async function readPatiently(log: EventLog, stream: string): Promise<readonly Recorded[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await readLeft(log, stream);
    } catch (error) {
      if (!(error instanceof EventStoreUnavailable) || attempt === ATTEMPTS) throw error;
      await sleep(100 * attempt);
    }
  }
}
