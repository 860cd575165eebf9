import { beginsErasure } from '../../events/erased.ts';
import { sha256 } from '../../events/identity.ts';
import { isJsonObject } from '../../events/json.ts';
import {
  belongsTo,
  coveredBy,
  digestBehind,
  type EvidenceLine,
  type EvidenceReference,
  ExportLine,
  evidenceBehind,
  type FactLine,
  type Header,
  seedOf,
} from '../../read-api/export/export-line.ts';
import { jsonOf } from '../text.ts';

const LONGEST = 64 * 1024 * 1024;

/** Lines without their "\n", which the last one must have too. At most one is in memory. */
async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer | 'too long' | 'unfinished'> {
  let pieces: Buffer[] = [];
  let length = 0;
  for await (const chunk of bytes) {
    let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      yield pieces.length === 0 ? rest.subarray(0, end) : Buffer.concat([...pieces, rest.subarray(0, end)]);
      pieces = [];
      length = 0;
      rest = rest.subarray(end + 1);
    }
    if (rest.length > 0) pieces.push(rest);
    length += rest.length;
    if (length > LONGEST) return yield 'too long';
  }
  if (length > 0) yield 'unfinished';
}

/** What was seen of an export before a fact. */
type Seen = {
  readonly facts: number;
  /** Of the last fact. */
  readonly position: bigint;
  /** The last of each stream. */
  readonly revisions: ReadonlyMap<string, bigint>;
};

/** The revision of a tombstone, which ends a stream and may follow any other. */
const TOMBSTONE = '9223372036854775807';

/** Why a fact cannot be at this place in the range that the header names; undefined: it can. */
function misplaced(fact: FactLine, header: Header, seen: Seen): string | undefined {
  const { stream, recordedAt } = fact;
  const { tenant, from, to, head } = header;
  const at = BigInt(fact.position);
  if (at <= seen.position) return `its position ${at} does not lie behind that of the fact before it, ${seen.position}`;
  if (at > BigInt(head)) return `its position ${at} lies behind the head of the log, ${head}`;
  if (tenant !== null && !belongsTo(stream, tenant)) return `it does not belong to tenant ${tenant}`;
  const [fromPosition, toPosition] = [positionOf(from), positionOf(to)];
  if (fromPosition !== undefined && at <= fromPosition) return `its position ${at} lies before the range`;
  if (toPosition !== undefined && at > toPosition) return `its position ${at} lies behind the range`;
  // Only the first fact shows where a range of time begins, and only where no tenant's were left out.
  const opens = seen.facts === 0 && tenant === null && from !== null && fromPosition === undefined;
  if (opens && recordedAt < from) return `it was recorded at ${recordedAt}, before the range`;
  if (to !== null && toPosition === undefined && recordedAt >= to)
    return `it was recorded at ${recordedAt}, behind the range`;
  return jump(fact, from === null, seen);
}

function jump(fact: FactLine, fromTheStart: boolean, { revisions }: Seen): string | undefined {
  const { stream, revision } = fact;
  const [last, is] = [revisions.get(stream), BigInt(revision)];
  const expected = last === undefined ? (fromTheStart ? 0n : is) : last + 1n;
  if (is === expected || revision === TOMBSTONE || (is > expected && erasesAllBefore(fact))) return undefined;
  const lacks = is - expected > 1n ? `${expected} to ${is - 1n} are missing` : `${expected} is missing`;
  return `${stream} goes on with revision ${is}: ${is < expected ? `${expected} was to come` : lacks}`;
}

/** An erasure replaces all facts before it, and says so by naming its own revision. */
const erasesAllBefore = ({ type, data, revision }: FactLine): boolean =>
  beginsErasure({ type, data }) && isJsonObject(data) && data.before === revision;

const positionOf = (end: string | null): bigint | undefined =>
  end !== null && /^\d+$/.test(end) ? BigInt(end) : undefined;

/** What is wrong with an export, and in which line, counted from 1. */
export type Fault = { readonly line: number; readonly why: string };

export type Examined = {
  readonly header?: Header;
  readonly facts: number;
  readonly evidence: number;
  /** Of the evidence: what is gone, and what did not verify. */
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
 * Checks an export by itself: each digest, the footer, revisions, range and evidence. Reads to the first fault.
 * One line and the last revision of each stream are in memory.
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

  const readLine = (raw: Buffer): string | undefined => {
    if (ended) return 'it stands behind the footer';
    const covered = coveredBy(raw);
    const content = ExportLine.safeParse(jsonOf(raw.toString())).data;
    if (covered === undefined || content === undefined) return 'it is no line of an export';
    if (content.kind === 'broken') return `the service broke the export off here: ${content.code}`;
    if (header === undefined && content.kind !== 'header') return 'the first line is no header';
    const before = content.kind === 'fact' || content.kind === 'evidence' ? digest : (header?.sha256 ?? '');
    if (digestBehind(before, covered.json) !== covered.sha256)
      return 'its digest does not match: it was changed, or a line before it is missing, doubled or moved';
    if (content.kind === 'evidence') return readEvidence(content);
    if (awaited !== undefined) return 'the evidence of the fact before it is missing';
    if (content.kind === 'fact') return readFact(content, header!);
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

  const readFact = (fact: FactLine, range: Header): string | undefined => {
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

  const readEvidence = (evidence: EvidenceLine): string | undefined => {
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
    const why = readLine(raw);
    if (why !== undefined) return found(why);
  }
  if (header === undefined) return found('it is empty');
  return ended ? found() : found('the export is cut off behind this line: it has no footer');
}

function isWhole({ bodyBase64 = '', bodySha256, bytes }: EvidenceLine): boolean {
  const body = Buffer.from(bodyBase64, 'base64');
  return body.length === bytes && sha256(body) === bodySha256;
}
