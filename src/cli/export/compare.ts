import stableStringify from 'fast-json-stable-stringify';
import { beginsErasure } from '../../events/erased.ts';
import { sha256 } from '../../events/identity.ts';
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

/**
 * What the log says otherwise than an export that is in order by itself; undefined: it says the same.
 * Throws a Failure with exit code 2 when the service cannot be asked.
 */
export async function differenceFromLog(
  service: Service,
  header: Header,
  { facts, digest }: Examined,
  readAgain: () => AsyncIterable<Uint8Array>,
): Promise<Fault | string | undefined> {
  try {
    const log = await whole(await service.stream('/api/export/digest', sameRange(header)));
    if (log.digest === digest && log.facts === facts) return undefined;
    return await firstDifference(service, header, readAgain());
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { message, details } = error;
    if (details.code === 'range_beyond_log')
      return `The log is another one than this export is of, or was shortened. ${message}`;
    throw new Failure(2, `Not compared with the log: ${message}`, details);
  }
}

async function whole(body: AsyncIterable<Uint8Array>): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const answer: unknown = JSON.parse(Buffer.concat(chunks).toString());
  return isJsonObject(answer) ? answer : {};
}

/** A fact as both sides have to hold it. */
type Held = { readonly position: bigint; readonly digest: string };

const digestOf = ({ sha256: _, ...fact }: FactLine): string => sha256(stableStringify(fact));

/** By stream: the revision before which a person was erased, also behind the range. */
type Erased = ReadonlyMap<string, bigint>;

/** Undefined: all that differs is that people were erased since; what is left of their facts is in the log. */
async function firstDifference(
  service: Service,
  header: Header,
  file: AsyncIterable<Uint8Array>,
): Promise<Fault | string | undefined> {
  const ofLog: Held[] = [];
  const erased = new Map<string, bigint>();
  const note = (fact: FactLine) => {
    if (beginsErasure(fact)) erased.set(fact.stream, BigInt(fact.revision));
  };
  const read = async (query: Readonly<Record<string, string | undefined>>, onFact: (fact: FactLine) => void) => {
    const { fault } = await examineExport(await service.stream('/api/export', { ...query, evidence: 'false' }), onFact);
    if (fault) throw new Failure(2, `what the service exports now is not in order: ${fault.why}`);
  };
  await read(sameRange(header), (fact) => {
    ofLog.push({ position: BigInt(fact.position), digest: digestOf(fact) });
    note(fact);
  });
  await read({ tenant: header.tenant ?? undefined, from: header.head === '-1' ? undefined : header.head }, note);
  return differenceBetween(file, ofLog, erased);
}

async function differenceBetween(
  file: AsyncIterable<Uint8Array>,
  ofLog: readonly Held[],
  erased: Erased,
): Promise<Fault | undefined> {
  let difference: Fault | undefined;
  let [next, last] = [0, 1];
  await examineExport(file, (fact, line) => {
    last = line;
    if (difference !== undefined) return;
    const { stream, revision } = fact;
    const there = ofLog[next];
    const isErased = BigInt(revision) < (erased.get(stream) ?? 0n);
    if (there?.position === BigInt(fact.position)) {
      next++;
      if (there.digest !== digestOf(fact))
        difference = { line, why: `the log has another fact here, not ${stream}@${revision}` };
    } else if (there !== undefined && there.position < BigInt(fact.position))
      difference = { line, why: `before ${stream}@${revision} the log has a fact that is missing here` };
    else if (!isErased) difference = { line, why: `the log has no fact here, not ${stream}@${revision}` };
  });
  if (difference || next === ofLog.length) return difference;
  return { line: last, why: `behind it the log has ${ofLog.length - next} facts that are missing here` };
}
