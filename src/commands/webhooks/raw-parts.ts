import { promisify } from 'node:util';
import { constants, gunzip, gzip, gzipSync } from 'node:zlib';
import type { NewEvent } from '../../events/event-log.ts';
import { uuidOf } from '../../events/identity.ts';
import { RAW_DELIVERY_PART, RawDeliveryPart } from '../../events/raw-delivery.ts';
import type { Recorded } from '../../events/recorded.ts';
import type { Delivery } from '../../retell/call-fact.ts';
import { APPEND_LIMIT } from './append-limit.ts';

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
