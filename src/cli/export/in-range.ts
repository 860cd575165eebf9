import type { FactLine, Header } from '../../read-api/export/export-line.ts';
import { belongsTo } from '../../read-api/export/exported-fact.ts';

/** What was seen of an export before a fact. */
export type Seen = {
  readonly facts: number;
  /** Of the last fact. */
  readonly position: bigint;
  /** The last of each stream. */
  readonly revisions: ReadonlyMap<string, bigint>;
};

/** A tombstone's: the stream was deleted for good, and it follows on any. */
const TOMBSTONE = '9223372036854775807';

/** Why a fact cannot stand here, in the range that the header names; undefined: it can. */
export function misplaced(fact: FactLine, header: Header, seen: Seen): string | undefined {
  const { stream, recordedAt } = fact;
  const { tenant, from, to, head } = header;
  const at = BigInt(fact.position);
  if (at <= seen.position) return `its position ${at} does not lie behind that of the fact before it, ${seen.position}`;
  if (at > BigInt(head)) return `its position ${at} lies behind the head of the log, ${head}`;
  if (tenant !== null && !belongsTo(stream, tenant)) return `it does not belong to tenant ${tenant}`;
  const [fromPosition, toPosition] = [positionOf(from), positionOf(to)];
  if (fromPosition !== undefined && at <= fromPosition) return `its position ${at} lies before the range`;
  if (toPosition !== undefined && at > toPosition) return `its position ${at} lies behind the range`;
  // Only the first tells where a range of time begins, and only where nothing before it was left out.
  const opens = seen.facts === 0 && tenant === null && from !== null && fromPosition === undefined;
  if (opens && recordedAt < from) return `it was recorded at ${recordedAt}, before the range`;
  if (to !== null && toPosition === undefined && recordedAt >= to)
    return `it was recorded at ${recordedAt}, behind the range`;
  return jump(fact, from === null, seen);
}

function jump({ stream, revision }: FactLine, fromTheStart: boolean, { revisions }: Seen): string | undefined {
  const [last, is] = [revisions.get(stream), BigInt(revision)];
  const expected = last === undefined ? (fromTheStart ? 0n : is) : last + 1n;
  if (is === expected || revision === TOMBSTONE) return undefined;
  const lacks = is - expected > 1n ? `${expected} to ${is - 1n} are missing` : `${expected} is missing`;
  return `${stream} goes on with revision ${is}: ${is < expected ? `${expected} was to come` : lacks}`;
}

const positionOf = (end: string | null): bigint | undefined =>
  end !== null && /^\d+$/.test(end) ? BigInt(end) : undefined;
