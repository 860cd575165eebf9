import type { JsonObject } from '../events/json.ts';
import type { Operation } from './projections/operation.ts';
import { fields } from './text.ts';

/** What a verification has found; `result` of its operation. */
export type Verification = {
  readonly equal: boolean;
  /** Null: nothing was read yet. */
  readonly position: string | null;
  readonly rowsCompared: number;
  /** Streams that are parked: compared up to where they stopped. */
  readonly parkedStreams?: number;
  /** Those of them that only a rebuild parks, and the rows that differ and rest on one of them. */
  readonly parkedByRebuild?: number;
  readonly notCompared?: number;
  readonly brokenFacts?: readonly {
    readonly stream: string;
    readonly position: string;
    readonly type: string;
    readonly error: string;
  }[];
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
  const live = `${projection}: generation ${result?.generation} is live, in the place of ${result?.replaced}, which can be swapped back for a while.`;
  const parked = Number(result?.parked ?? 0);
  return parked > 0 ? `${live} ${plural(parked, 'stream')} of it ${parked > 1 ? 'are' : 'is'} parked:` : live;
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

/** What a verification had to leave out because only a rebuild parks it; none: nothing. */
export function notComparedOf({ projection, result }: Operation): string[] {
  const { parkedByRebuild = 0, notCompared = 0, brokenFacts = [] } = result as unknown as Verification;
  if (parkedByRebuild === 0) return [];
  return [
    `${projection}: ${plural(parkedByRebuild, 'stream')} that ${parkedByRebuild > 1 ? 'are' : 'is'} live would be parked by a rebuild, so ${plural(notCompared, 'row')} could not be compared:`,
    ...brokenFacts.map(({ position, type, stream, error }) => `  ${position}  ${type}  ${stream}  ${error}`),
  ];
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
