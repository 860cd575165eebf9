import { z } from 'zod';
import { sha256 } from '../../events/identity.ts';
import { isJsonObject } from '../../events/json.ts';
import { FactMetadata } from '../../events/metadata.ts';
import { DELIVERY_QUARANTINED, DeliveryQuarantined, RAW_DELIVERY_PART } from '../../events/raw-delivery.ts';
import type { Recorded } from '../../events/recorded.ts';
import { categories, evidenceStream, parseStream, prefixOf } from '../../events/streams.ts';
import type { FactLine } from './export-line.ts';

/** Everything that the service records, but for evidence, which comes with its fact. */
export const exportedPrefixes: readonly string[] = [
  ...categories.filter((category) => category !== 'evidence').map(prefixOf),
  'idempotency-',
  'reaction-',
];

/** Streams that name no tenant, a reaction's, belong to none. */
export function belongsTo(stream: string, tenantId: string): boolean {
  const name = stream.slice(stream.indexOf('-') + 1);
  return stream.startsWith(prefixOf('tenant')) ? name === tenantId : name.startsWith(`${tenantId}.`);
}

/**
 * A fact as the log holds it, of whatever type: it is not decoded, so that a newer version's is not lost.
 * What is sealed under MASTER_KEY is told by its digest only; so are the parts of a raw delivery, which is evidence.
 */
export function exportedFact(fact: Recorded): Omit<FactLine, 'sha256'> {
  const { position, stream, revision, id, type, recordedAt, metadata } = fact;
  return {
    kind: 'fact',
    position: String(position),
    ...{ stream, revision: String(revision), id, type, recordedAt },
    ...dataOf(fact),
    metadata: metadata ?? null,
  };
}

function dataOf({ stream, type, data }: Recorded): Pick<FactLine, 'data' | 'dataBase64' | 'dataSha256'> {
  if (!(data instanceof Uint8Array))
    return { data: stream.startsWith(prefixOf('tenant')) ? withoutSecrets(data) : (data ?? null) };
  if (type === RAW_DELIVERY_PART) return { dataSha256: sha256(data) };
  return { dataBase64: Buffer.from(data).toString('base64') };
}

/** Whatever is called `sealed…` is encrypted (tenant-facts.ts); whoever took MASTER_KEY later could open it. */
function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isJsonObject(value)) return value ?? null;
  return Object.fromEntries(
    Object.entries(value).map(([name, of]) => [
      name,
      name.startsWith('sealed') ? `sha256:${sha256(JSON.stringify(of))}` : withoutSecrets(of),
    ]),
  );
}

/** Where the signed bytes behind a fact stand, and which they are. */
export type EvidenceReference = {
  readonly tenantId: string;
  readonly stream: string;
  readonly deliveryId: string;
  readonly sha256: string;
  readonly bytes: number;
};

const Signed = z.object({ evidence: FactMetadata.shape.evidence });

/** Undefined: nothing was signed, or it stands beside another fact (the parts of a long text). */
export function evidenceBehind(
  fact: Pick<Recorded, 'stream' | 'id' | 'type' | 'data' | 'metadata'>,
): EvidenceReference | undefined {
  const { category, tenantId, id } = parseStream(fact.stream) ?? {};
  if (tenantId === undefined || id === undefined) return undefined;
  if (category === 'quarantine' && fact.type === DELIVERY_QUARANTINED) {
    const listed = DeliveryQuarantined.safeParse(fact.data).data;
    return listed && { tenantId, stream: fact.stream, deliveryId: id, sha256: id, bytes: listed.size };
  }
  const evidence = category === 'call' ? Signed.safeParse(fact.metadata).data?.evidence : undefined;
  if (evidence === undefined || evidence.deliveryId !== fact.id) return undefined;
  const { deliveryId, sha256, bytes } = evidence;
  return { tenantId, stream: evidenceStream(tenantId, id), deliveryId, sha256, bytes };
}
