import type { EventLog } from '../../events/event-log.ts';
import type { Recorded } from '../../events/recorded.ts';
import { type EvidenceLine, FORMAT, type Header, lineOf, seedOf, VERSION } from './export-line.ts';
import { type ExportRange, factsBetween, textOf } from './export-range.ts';
import { belongsTo, type EvidenceReference, evidenceBehind, exportedFact } from './exported-fact.ts';

/** The signed bytes, and whether they still are what was signed. Throws EventStoreUnavailable. */
export type ReadEvidence = (reference: EvidenceReference) => Promise<{
  readonly verdict: EvidenceLine['verdict'];
  readonly delivery?: {
    readonly keyId: string;
    readonly signatureHeader: string;
    readonly receivedAt: string;
    readonly body: Uint8Array;
  };
}>;

export type ExportRequest = ExportRange & { readonly evidence: boolean; readonly created: string };

/** The lines of an export, from the header to the footer; without a footer it ended early. */
export async function* exportLines(
  log: EventLog,
  readEvidence: ReadEvidence,
  request: ExportRequest,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const range = asked(request);
  const { evidence: wanted, created, head } = request;
  const content = { kind: 'header', format: FORMAT, version: VERSION, ...range, evidence: wanted, created } as const;
  const header = lineOf({ ...content, head: String(head) }, '');
  yield header.text;

  let digest = seedOf(range);
  const count = { facts: 0, evidence: 0, expired: 0 };
  const facts = factsOf(log, request, signal);
  for await (const { fact, evidence } of wanted ? withEvidence(facts, readEvidence) : alone(facts)) {
    const line = lineOf(exportedFact(fact), digest);
    digest = line.sha256;
    count.facts++;
    yield line.text;
    if (evidence === undefined) continue;
    count.evidence++;
    if (evidence.verdict === 'expired') count.expired++;
    yield lineOf(evidence, digest).text;
  }
  if (!signal.aborted) yield lineOf({ kind: 'footer', ...count, digest }, header.sha256).text;
}

export type RangeDigest = { readonly facts: number; readonly digest: string };

/** What the footer of an export of this range has to say, from the log as it is now; undefined: it ended early. */
export async function digestOfRange(
  log: EventLog,
  range: ExportRange,
  signal: AbortSignal,
): Promise<RangeDigest | undefined> {
  let digest = seedOf(asked(range));
  let facts = 0;
  for await (const fact of factsOf(log, range, signal)) {
    digest = lineOf(exportedFact(fact), digest).sha256;
    facts++;
  }
  return signal.aborted ? undefined : { facts, digest };
}

const asked = ({ from, to, tenant }: ExportRange): Pick<Header, 'from' | 'to' | 'tenant'> => ({
  from: textOf(from),
  to: textOf(to),
  tenant: tenant ?? null,
});

async function* factsOf(log: EventLog, range: ExportRange, signal: AbortSignal): AsyncGenerator<Recorded> {
  const { tenant } = range;
  for await (const fact of factsBetween(log, range, signal))
    if (tenant === undefined || belongsTo(fact.stream, tenant)) yield fact;
}

type Told = { readonly fact: Recorded; readonly evidence?: Omit<EvidenceLine, 'sha256'> | undefined };

async function* alone(facts: AsyncIterable<Recorded>): AsyncGenerator<Told> {
  for await (const fact of facts) yield { fact };
}

/** So many facts may wait for their evidence at once, and so many bytes of it, so that neither time nor memory goes. */
const AHEAD = 16;
const AHEAD_BYTES = 16 * 1024 * 1024;

/** Each fact with what it rests on: read for several at once, told in their order. */
async function* withEvidence(facts: AsyncIterable<Recorded>, read: ReadEvidence): AsyncGenerator<Told> {
  const waiting: { readonly told: Promise<Told>; readonly bytes: number }[] = [];
  let bytes = 0;
  for await (const fact of facts) {
    const reference = evidenceBehind(fact);
    const size = reference?.bytes ?? 0;
    while (waiting.length >= AHEAD || (waiting.length > 0 && bytes + size > AHEAD_BYTES)) {
      const next = waiting.shift()!;
      bytes -= next.bytes;
      yield await next.told;
    }
    const told =
      reference === undefined
        ? Promise.resolve({ fact })
        : lineFor(reference, read).then((evidence) => ({ fact, evidence }));
    told.catch(() => {}); // whoever waits for it will be told
    waiting.push({ told, bytes: size });
    bytes += size;
  }
  for (const { told } of waiting) yield await told;
}

async function lineFor(reference: EvidenceReference, read: ReadEvidence): Promise<Omit<EvidenceLine, 'sha256'>> {
  const { deliveryId, sha256, bytes } = reference;
  const { verdict, delivery } = await read(reference);
  return {
    ...{ kind: 'evidence', deliveryId, verdict, bodySha256: sha256, bytes },
    ...(delivery && {
      keyId: delivery.keyId,
      signatureHeader: delivery.signatureHeader,
      receivedAt: delivery.receivedAt,
      bodyBase64: Buffer.from(delivery.body).toString('base64'),
    }),
  };
}
