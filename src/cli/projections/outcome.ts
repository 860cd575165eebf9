import type { JsonObject } from '../../events/json.ts';
import { fields } from '../text.ts';
import type { Operation } from './operation.ts';

/** What a verification has found; `result` of its operation. */
export type Verification = {
  readonly equal: boolean;
  /** Null: nothing was read yet. */
  readonly position: string | null;
  readonly rowsCompared: number;
  /** Streams that are parked: compared up to where they stopped. */
  readonly parkedStreams?: number;
  /** All, of which the first are listed. */
  readonly differencesTotal: number;
  readonly differences: readonly Difference[];
};

export type Difference = {
  readonly table: string;
  readonly key: JsonObject;
  readonly column?: string;
  /** Instead of a column: the log calls for the row; or knows nothing of it. */
  readonly row?: 'missing' | 'extra';
  readonly live?: unknown;
  readonly rebuilt?: unknown;
  /** Those that the row is made of. */
  readonly facts: readonly { readonly stream: string; readonly position: string; readonly type: string }[];
};

/** What came of an operation, for a person. */
export function outcomeOf(operation: Operation): string {
  const { projection, kind, state, result, error } = operation;
  if (state === 'cancelled') return `${projection}: the ${words[kind]} was cancelled. What was live still is.`;
  if (state !== 'succeeded')
    return `${projection}: the ${words[kind]} has failed: ${error?.message ?? 'no reason is known'}\nWhat was live still is.`;
  if (kind === 'verify') return verificationOf(projection, result as unknown as Verification);
  return `${projection}: generation ${result?.generation} is live, in the place of ${result?.replaced}, which can be swapped back for a while.`;
}

const words = { rebuild: 'rebuild', verify: 'verification', swap_back: 'swap back' } as const;

function verificationOf(projection: string, found: Verification): string {
  const { equal, position, rowsCompared, parkedStreams: parked = 0, differencesTotal: total, differences } = found;
  const compared = `${rowsCompared} rows compared at position ${position ?? '–'}`;
  const apart = parked > 0 ? `, ${plural(parked, 'parked stream')} up to where it stopped` : '';
  if (equal) return `${projection} is what the log says: ${compared}${apart}.`;
  const listed = total > differences.length ? `; the first ${differences.length} are` : '';
  const head = `${projection} is not what the log says: ${compared}${apart}, ${plural(total, 'difference')}${listed}`;
  return [`${head}${listed ? ':' : '.'}`, ...differences.map(told)].join('\n\n');
}

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

const rows = { missing: 'is missing: the log calls for it', extra: 'is extra: the log knows nothing of it' } as const;

function told({ table, key, column, row, live, rebuilt, facts }: Difference): string {
  const where = Object.entries(key).map(([name, value]) => `${name}=${value}`);
  const behind = facts.map(({ position, type, stream }) => `  ${position}  ${type}  ${stream}`);
  return [
    `${table} ${where.join(' ')}`,
    ...fields({ column, row: row && rows[row], live: shown(live), rebuilt: shown(rebuilt) })
      .split('\n')
      .map((line) => `  ${line}`),
    ...(behind.length > 0 ? ['  facts:', ...behind.map((line) => `  ${line}`)] : []),
  ].join('\n');
}

/** Null is a value; nothing is not. */
const shown = (value: unknown): string =>
  value === undefined ? '–' : typeof value === 'string' ? value : JSON.stringify(value);
