import { isJsonObject } from '../../events/json.ts';
import type { Header } from '../../read-api/export/export-line.ts';
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

/** The file has been found to be a chain, so the first fact whose digest differs is the first that differs. */
async function firstDifference(
  service: Service,
  header: Header,
  file: AsyncIterable<Uint8Array>,
): Promise<Fault | string> {
  const query = { ...sameRange(header), evidence: 'false' };
  const ofLog: string[] = [];
  const log = await examineExport(await service.stream('/api/export', query), ({ sha256 }) => ofLog.push(sha256));
  let difference: Fault | undefined;
  let [seen, last] = [0, 1];
  await examineExport(file, ({ sha256, stream, revision }, line) => {
    const there = ofLog[seen++];
    last = line;
    if (difference !== undefined || there === sha256 || (there === undefined && log.fault)) return;
    const why = there === undefined ? 'the log has no fact here' : 'the log has another fact here';
    difference = { line, why: `${why}, not ${stream}@${revision}` };
  });
  if (difference) return difference;
  if (log.fault) throw new Failure(2, `what the service exports now is not in order: ${log.fault.why}`);
  return { line: last, why: `behind it the log has ${ofLog.length - seen} facts that are missing here` };
}
