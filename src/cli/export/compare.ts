import { json } from 'node:stream/consumers';
import { beginsErasure } from '../../events/erased.ts';
import { Erased, isErasedType } from '../../events/erasure-facts.ts';
import { digestOf } from '../../events/identity.ts';
import { isJsonObject } from '../../events/json.ts';
import type { FactLine, Header } from '../../read-api/export/export-line.ts';
import { Failure } from '../failure.ts';
import type { Service } from '../service.ts';
import { type Examined, examineExport, type Fault } from './examine.ts';

/** The query that asks for the same range again, up to the same end of the log. */
const sameRange = ({ from, to, tenant, head }: Header) => ({
  from: from ?? undefined,
  to: to ?? undefined,
  tenant: tenant ?? undefined,
  head,
});

/** What differs from the log, if anything, and how many facts were erased since the export. */
export type Compared = { readonly wrong?: Fault | string; readonly erased: number };

/**
 * Compares an export that is in order by itself with the log. Throws a Failure with exit code 2 when the service cannot be
 * asked.
 */
export async function compareWithLog(
  service: Service,
  header: Header,
  { facts, digest }: Examined,
  readAgain: () => AsyncIterable<Uint8Array>,
): Promise<Compared> {
  try {
    const log = await json(await service.stream('/api/export/digest', sameRange(header)));
    if (isJsonObject(log) && log.digest === digest && log.facts === facts) return { erased: 0 };
    return await firstDifference(service, header, readAgain());
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { message, details } = error;
    if (details.code === 'range_beyond_log')
      return { wrong: `The log is another one than this export is of, or was shortened. ${message}`, erased: 0 };
    throw new Failure(2, `Not compared with the log: ${message}`, details);
  }
}

/** What both sides must have of a fact; of one that was erased since the export only its name is left. */
type Held = { readonly position: bigint } & ({ readonly digest: string } | { readonly name: string });
type Named = Pick<FactLine, 'revision' | 'id' | 'type' | 'recordedAt'>;

const contentDigest = ({ sha256: _, ...fact }: FactLine): string => digestOf(fact);
const nameOf = (stream: string, { revision, id, type, recordedAt }: Named): string =>
  [stream, revision, id, type, recordedAt].join(' ');
const isSame = (held: Held, fact: FactLine): boolean =>
  'name' in held ? held.name === nameOf(fact.stream, fact) : held.digest === contentDigest(fact);

/** What erasures say of the facts of a range, also erasures that came after it. */
type Erasures = {
  /** By stream: the revision before which all is erased. */
  readonly before: Map<string, bigint>;
  /** What is left of them, by position. */
  readonly left: Map<bigint, Held>;
};

function note({ before, left }: Erasures, fact: FactLine): void {
  if (beginsErasure(fact)) before.set(fact.stream, BigInt(fact.revision));
  const { facts = [] } = (isErasedType(fact.type) && Erased.safeParse(fact.data).data) || {};
  for (const kept of facts) {
    const position = BigInt(kept.position);
    left.set(position, { position, name: nameOf(fact.stream, kept) });
  }
}

/** Nothing is wrong where facts differ only because people were erased since the export. */
async function firstDifference(service: Service, header: Header, file: AsyncIterable<Uint8Array>): Promise<Compared> {
  const ofLog = new Map<bigint, Held>();
  const erasures: Erasures = { before: new Map(), left: new Map() };
  const read = async (query: Readonly<Record<string, string | undefined>>, onFact: (fact: FactLine) => void) => {
    const { fault } = await examineExport(await service.stream('/api/export', { ...query, evidence: 'false' }), onFact);
    if (fault) throw new Failure(2, `what the service exports now is not in order: ${fault.why}`);
  };
  await read(sameRange(header), (fact) => {
    const position = BigInt(fact.position);
    ofLog.set(position, { position, digest: contentDigest(fact) });
    note(erasures, fact);
  });
  const behind = header.head === '-1' ? undefined : header.head;
  await read({ tenant: header.tenant ?? undefined, from: behind }, (fact) => note(erasures, fact));
  for (const [position, held] of erasures.left)
    if (!ofLog.has(position) && mayBeIn(header, position)) ofLog.set(position, held);
  const all = [...ofLog.values()].sort((a, b) => (a.position < b.position ? -1 : 1));
  return differenceBetween(file, header, all, erasures);
}

const isPosition = (end: string | null): end is string => end !== null && /^\d+$/.test(end);

/** Whether a position can be in the range; of a range of time, its first and last fact decide. */
const mayBeIn = ({ from, to, head }: Header, position: bigint): boolean =>
  position <= BigInt(head) &&
  !(isPosition(from) && position <= BigInt(from)) &&
  !(isPosition(to) && position > BigInt(to));

async function differenceBetween(
  file: AsyncIterable<Uint8Array>,
  { from, to }: Header,
  ofLog: readonly Held[],
  { before }: Erasures,
): Promise<Compared> {
  let wrong: Fault | undefined;
  let [next, last, erased] = [0, 1, 0];
  const isByTime = (end: string | null) => end !== null && !isPosition(end);
  await examineExport(file, (fact, line) => {
    if (isByTime(from) && last === 1) while (isErasedBefore(ofLog[next], BigInt(fact.position))) next++;
    last = line;
    if (wrong !== undefined) return;
    const { stream, revision } = fact;
    const there = ofLog[next];
    const isErased = BigInt(revision) < (before.get(stream) ?? 0n);
    if (there?.position === BigInt(fact.position)) {
      next++;
      if ('name' in there) erased++;
      if (!isSame(there, fact)) wrong = { line, why: `the log has another fact here, not ${stream}@${revision}` };
    } else if (there !== undefined && there.position < BigInt(fact.position))
      wrong = { line, why: `before ${stream}@${revision} the log has a fact that is missing here` };
    else if (isErased) erased++;
    else wrong = { line, why: `the log has no fact here, not ${stream}@${revision}` };
  });
  const rest = ofLog.slice(next).filter((held) => !(isByTime(to) && 'name' in held));
  if (rest.length > 0)
    wrong ??= { line: last, why: `behind it the log has ${rest.length} facts that are missing here` };
  return { ...(wrong && { wrong }), erased };
}

const isErasedBefore = (held: Held | undefined, position: bigint): boolean =>
  held !== undefined && 'name' in held && held.position < position;
