import { sha256 } from '../../events/identity.ts';
import {
  coveredBy,
  digestBehind,
  type EvidenceLine,
  ExportLine,
  type FactLine,
  type Header,
  seedOf,
} from '../../read-api/export/export-line.ts';
import { type EvidenceReference, evidenceBehind } from '../../read-api/export/exported-fact.ts';
import { misplaced } from './in-range.ts';
import { linesOf } from './lines-of.ts';

/** What is wrong with an export, and in which line, counted from 1. */
export type Fault = { readonly line: number; readonly why: string };

export type Examined = {
  readonly header?: Header;
  readonly facts: number;
  readonly evidence: number;
  /** Of the evidence: what is gone, and what the service found that does not verify. */
  readonly expired: number;
  readonly failed: number;
  /** Of the facts so far. */
  readonly digest: string;
  /** The first line that is wrong; what follows was not looked at. */
  readonly fault?: Fault;
  /** The first of those that failed. */
  readonly doubt?: Fault;
};

/**
 * Whether an export is unchanged and whole, by itself: every digest, the footer, the revisions of every stream, the
 * range that the header names, and the evidence of each fact. Reads to the first fault, or to the end; keeps one line
 * and the last revision of each stream in memory.
 */
export async function examineExport(
  bytes: AsyncIterable<Uint8Array>,
  onFact: (fact: FactLine, line: number) => void = () => {},
): Promise<Examined> {
  const revisions = new Map<string, bigint>();
  const count = { facts: 0, evidence: 0, expired: 0, failed: 0 };
  let header: Header | undefined;
  let digest = '';
  let position = -1n;
  let awaited: EvidenceReference | undefined;
  let doubt: Fault | undefined;
  let ended = false;
  let line = 0;

  const take = (raw: Buffer): string | undefined => {
    if (ended) return 'it stands behind the footer';
    const covered = coveredBy(raw);
    const content = ExportLine.safeParse(parsedOf(raw)).data;
    if (covered === undefined || content === undefined) return 'it is no line of an export';
    if (content.kind === 'broken') return `the service broke the export off here: ${content.code}`;
    if (header === undefined && content.kind !== 'header') return 'the first line is no header';
    const before = content.kind === 'fact' || content.kind === 'evidence' ? digest : (header?.sha256 ?? '');
    if (digestBehind(before, covered.json) !== covered.sha256)
      return 'its digest does not match: it was changed, or a line before it is missing, doubled or moved';
    if (content.kind === 'evidence') return takeEvidence(content);
    if (awaited !== undefined) return 'the evidence of the fact before it is missing';
    if (content.kind === 'fact') return takeFact(content, header!);
    if (content.kind === 'header') {
      if (header !== undefined) return 'it is a second header';
      header = content;
      digest = seedOf(content);
      return undefined;
    }
    ended = true;
    const { facts, evidence, expired } = content;
    if (content.digest !== digest) return 'it names another digest than the last fact has: facts before it are missing';
    const same = facts === count.facts && evidence === count.evidence && expired === count.expired;
    return same
      ? undefined
      : `it counts ${facts} facts, ${evidence} deliveries: ${count.facts}, ${count.evidence} came`;
  };

  const takeFact = (fact: FactLine, range: Header): string | undefined => {
    const why = misplaced(fact, range, { facts: count.facts, position, revisions });
    if (why !== undefined) return why;
    revisions.set(fact.stream, BigInt(fact.revision));
    position = BigInt(fact.position);
    digest = fact.sha256;
    count.facts++;
    if (range.evidence) awaited = evidenceBehind({ ...fact, data: fact.data });
    onFact(fact, line);
    return undefined;
  };

  const takeEvidence = (evidence: EvidenceLine): string | undefined => {
    if (awaited === undefined) return 'the fact before it has none, or had it already';
    const { deliveryId, bodySha256, bytes, verdict } = evidence;
    if (deliveryId !== awaited.deliveryId || bodySha256 !== awaited.sha256 || bytes !== awaited.bytes)
      return 'it is not the evidence that the fact before it names';
    awaited = undefined;
    count.evidence++;
    if (verdict === 'expired') count.expired++;
    if (verdict === 'failed') count.failed++;
    if (verdict === 'failed') doubt ??= { line, why: 'the signed bytes did not verify when the service exported them' };
    return verdict === 'verified' && !isWhole(evidence)
      ? 'its bytes are not those that the fact before it names'
      : undefined;
  };

  const found = (why?: string): Examined => ({
    ...(header && { header }),
    ...count,
    digest,
    ...(why !== undefined && { fault: { line: Math.max(line, 1), why } }),
    ...(doubt && { doubt }),
  });
  for await (const raw of linesOf(bytes)) {
    line++;
    if (raw === 'too long') return found('it is longer than any line of an export');
    if (raw === 'unfinished') return found('the export is cut off in the middle of this line');
    const why = take(raw);
    if (why !== undefined) return found(why);
  }
  if (header === undefined) return found('it is empty');
  return ended ? found() : found('the export is cut off behind this line: it has no footer');
}

function isWhole({ bodyBase64 = '', bodySha256, bytes }: EvidenceLine): boolean {
  const body = Buffer.from(bodyBase64, 'base64');
  return body.length === bytes && sha256(body) === bodySha256;
}

function parsedOf(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString());
  } catch {
    return undefined;
  }
}
