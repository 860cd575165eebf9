import { createHash } from 'node:crypto';
import stableStringify from 'fast-json-stable-stringify';
import { z } from 'zod';
import { sha256 } from '../../events/identity.ts';
import { isJsonObject } from '../../events/json.ts';
import { FactMetadata } from '../../events/metadata.ts';
import { DELIVERY_QUARANTINED, DeliveryQuarantined, RAW_DELIVERY_PART } from '../../events/raw-delivery.ts';
import type { Recorded } from '../../events/recorded.ts';
import { categories, evidenceStream, parseStream, prefixOf } from '../../events/streams.ts';

/** The format of an export; a line that changes its meaning raises the version. docs/audit.md describes it. */
export const FORMAT = 'call-ledger-export';
export const VERSION = 1;

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const position = z.string().regex(/^(-1|\d{1,19})$/);

export const Header = z.strictObject({
  kind: z.literal('header'),
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  /** As it was asked for: ISO time (from it on) or position (after it); null: the beginning of the log. */
  from: z.string().nullable(),
  /** ISO time (before it) or position (up to it); null: the head. */
  to: z.string().nullable(),
  /** Null: all. */
  tenant: z.string().nullable(),
  evidence: z.boolean(),
  /** The end of the log when it was asked for: nothing behind it is in the export; -1: the log was empty. */
  head: position,
  created: z.iso.datetime(),
  sha256: digest,
});
export const FactLine = z.strictObject({
  kind: z.literal('fact'),
  position,
  stream: z.string(),
  revision: z.string().regex(/^\d{1,19}$/),
  id: z.string(),
  type: z.string(),
  recordedAt: z.iso.datetime(),
  /** One of three: JSON, bytes, or for the parts of a raw delivery their digest alone. */
  data: z.unknown().optional(),
  dataBase64: z.base64().optional(),
  dataSha256: digest.optional(),
  metadata: z.unknown(),
  sha256: digest,
});
export const EvidenceLine = z.strictObject({
  kind: z.literal('evidence'),
  deliveryId: z.string(),
  /** `verified`: the stored header still signs the stored bytes. `expired`: the bytes are gone. */
  verdict: z.enum(['verified', 'failed', 'expired']),
  /** Of the body, by the fact's word. */
  bodySha256: digest,
  bytes: z.int().min(0),
  keyId: z.string().optional(),
  signatureHeader: z.string().optional(),
  receivedAt: z.iso.datetime().optional(),
  /** The signed bytes; absent where they expired or do not unzip. */
  bodyBase64: z.base64().optional(),
  sha256: digest,
});
const Footer = z.strictObject({
  kind: z.literal('footer'),
  facts: z.int().min(0),
  evidence: z.int().min(0),
  /** How many of them are gone. */
  expired: z.int().min(0),
  /** Of the last fact: by it the whole chain of them is known. */
  digest,
  sha256: digest,
});
/** Instead of a footer: the export is not complete, and why. */
const Broken = z.strictObject({ kind: z.literal('broken'), code: z.string(), sha256: digest });

export const ExportLine = z.discriminatedUnion('kind', [Header, FactLine, EvidenceLine, Footer, Broken]);
export type ExportLine = z.infer<typeof ExportLine>;
export type Header = z.infer<typeof Header>;
export type FactLine = z.infer<typeof FactLine>;
export type EvidenceLine = z.infer<typeof EvidenceLine>;

type Unsigned<T> = T extends unknown ? Omit<T, 'sha256'> : never;
type Line = { readonly text: string; readonly sha256: string };

/** The digest of a line's JSON, chained to the digest of the line before it. */
export const digestBehind = (before: string, json: string | Uint8Array): string =>
  createHash('sha256').update(`${before}\n`).update(json).digest('hex');

/** A line, with its digest as the last member: it covers every byte before it, and `before`. */
export function lineOf(content: Unsigned<ExportLine>, before: string): Line {
  const json = stableStringify(content);
  const sha256 = digestBehind(before, json);
  return { text: `${json.slice(0, -1)},"sha256":"${sha256}"}`, sha256 };
}

/** What the first fact is chained to: the range that was asked for, without `head` and `created`. */
export const seedOf = ({ from, to, tenant }: Pick<Header, 'from' | 'to' | 'tenant'>): string =>
  digestBehind('', stableStringify({ format: FORMAT, version: VERSION, from, to, tenant }));

/** `,"sha256":"` + 64 + `"}` */
const TAIL = 77;

/** The JSON that a line's digest covers, as the bytes that it had; undefined: it does not end in a digest. */
export function coveredBy(line: Buffer): { readonly json: Buffer; readonly sha256: string } | undefined {
  const sha256 = /^,"sha256":"([0-9a-f]{64})"\}$/.exec(line.toString('latin1', line.length - TAIL))?.[1];
  if (sha256 === undefined) return undefined;
  return { json: Buffer.concat([line.subarray(0, line.length - TAIL), Buffer.from('}')]), sha256 };
}

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
 * A fact as the log holds it, undecoded, so that a newer version's is kept. Sealed secrets and parts of evidence appear
 * by their digest only.
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

/** Hashes what is called `sealed…` (tenant-facts.ts): with a stolen MASTER_KEY an exported one could be opened. */
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

/** Which signed bytes a fact rests on, and in which stream they are. */
export type EvidenceReference = {
  readonly tenantId: string;
  readonly stream: string;
  readonly deliveryId: string;
  readonly sha256: string;
  readonly bytes: number;
};

const Signed = z.object({ evidence: FactMetadata.shape.evidence });

/** Undefined when nothing was signed, and for a part of a long text, because its fact leads to the bytes. */
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
