import { setTimeout as sleep } from 'node:timers/promises';
import type { Difference } from '../projections/engine/compare.ts';
import type { Operation } from './api.ts';
import type { Cli } from './cli.ts';
import { Failure } from './failure.ts';
import { bar, type Step, watch } from './progress.ts';
import { fields } from './text.ts';

const isOver = ({ state }: Operation): boolean => state !== 'queued' && state !== 'running';

/** 0 to 1. */
const shareOf = ({ state, progress }: Operation): number =>
  state === 'succeeded' ? 1 : progress && progress.total > 0 ? Math.min(1, progress.done / progress.total) : 0;

export const percentOf = (operation: Operation): string => `${Math.floor(100 * shareOf(operation))} %`;

/** What a verification has found: the `result` of its operation, which the OpenAPI document describes in words. */
export type Verification = {
  readonly equal: boolean;
  /** Null: nothing was read yet. */
  readonly position: string | null;
  readonly rowsCompared: number;
  /** Streams that are parked: compared up to where they stopped. */
  readonly parkedStreams?: number;
  /** Parked streams that only a rebuild parks, and how many rows rest on them. */
  readonly parkedByRebuild?: number;
  readonly notCompared?: number;
  readonly brokenFacts?: readonly (Difference['facts'][number] & { readonly error: string })[];
  /** All, of which the first are listed. */
  readonly differencesTotal: number;
  readonly differences: readonly Difference[];
};

export const verificationOf = ({ result }: Operation): Verification => result as Verification;

const words = { rebuild: 'rebuild', verify: 'verification', swap_back: 'swap back', rewrite: 'rewriting' } as const;

/** What came of an operation, for a person. */
export function outcomeOf(operation: Operation): string {
  const { projection, kind, state, result, error } = operation;
  if (state === 'cancelled') return `${projection}: the ${words[kind]} was cancelled. What was live still is.`;
  if (state !== 'succeeded')
    return `${projection}: the ${words[kind]} has failed: ${error?.message ?? 'no reason is known'}\nWhat was live still is.`;
  if (kind === 'verify') return foundBy(projection, verificationOf(operation));
  const live = `${projection}: generation ${result?.generation} is live, in the place of ${result?.replaced}, which can be swapped back for a while.`;
  const parked = Number(result?.parked ?? 0);
  return parked > 0 ? `${live} ${plural(parked, 'stream')} of it ${parked > 1 ? 'are' : 'is'} parked:` : live;
}

function foundBy(projection: string, verification: Verification): string {
  const { equal, position, rowsCompared, parkedStreams = 0, differencesTotal: total, differences } = verification;
  const compared = `${rowsCompared} rows compared at position ${position ?? '–'}`;
  const apart = parkedStreams > 0 ? `, ${plural(parkedStreams, 'parked stream')} up to where it stopped` : '';
  if (equal) return `${projection} is what the log says: ${compared}${apart}.`;
  const listed = total > differences.length ? `; the first ${differences.length} are` : '';
  const head = `${projection} is not what the log says: ${compared}${apart}, ${plural(total, 'difference')}${listed}`;
  return [`${head}${listed ? ':' : '.'}`, ...differences.map(differenceText)].join('\n\n');
}

/** What a verification could not compare, because a rebuild would park it. */
export function notComparedOf(operation: Operation): string[] {
  const { parkedByRebuild = 0, notCompared = 0, brokenFacts = [] } = verificationOf(operation);
  if (parkedByRebuild === 0) return [];
  return [
    `${operation.projection}: ${plural(parkedByRebuild, 'stream')} that ${parkedByRebuild > 1 ? 'are' : 'is'} live would be parked by a rebuild, so ${plural(notCompared, 'row')} could not be compared:`,
    ...brokenFacts.map(({ position, type, stream, error }) => `  ${position}  ${type}  ${stream}  ${error}`),
  ];
}

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

const rows = { missing: 'is missing: the log calls for it', extra: 'is extra: the log knows nothing of it' } as const;

function differenceText({ table, key, column, row, live, rebuilt, facts }: Difference): string {
  const where = Object.entries(key).map(([name, value]) => `${name}=${value}`);
  const behind = facts.map(({ position, type, stream }) => `  ${position}  ${type}  ${stream}`);
  return [
    `${table} ${where.join(' ')}`,
    ...fields({ column, row: row && rows[row], live: valueText(live), rebuilt: valueText(rebuilt) })
      .split('\n')
      .map((line) => `  ${line}`),
    ...(behind.length > 0 ? ['  facts:', ...behind.map((line) => `  ${line}`)] : []),
  ].join('\n');
}

/** Null is a value; nothing is not. */
const valueText = (value: unknown): string =>
  value === undefined ? '–' : typeof value === 'string' ? value : JSON.stringify(value);

/** Watches operations until all are over. They go on without us: Ctrl-C only ends the watching. */
export async function follow(cli: Cli, ids: readonly string[]): Promise<readonly Operation[]> {
  const read = () => readAll(cli, ids);
  return watch(cli, await read(), {
    read,
    isOver: (operations) => operations.every(isOver),
    line: progressLine,
    steps: (operations) => operations.map(stepOf),
    interrupted: (operations) => goesOn(operations.filter((operation) => !isOver(operation))),
  });
}

/** One progress bar for all, and how far each unfinished one is. */
function progressLine(operations: readonly Operation[]): string {
  const share = operations.reduce((sum, operation) => sum + shareOf(operation), 0) / operations.length;
  const open = operations.filter((operation) => !isOver(operation));
  const each = open.map((one) => `${one.projection} ${one.state === 'queued' ? 'queued' : percentOf(one)}`);
  return `${bar(share)} ${Math.floor(100 * share)} %  ${each.join(', ')}`;
}

/** A line for each tenth, and for each change of state. */
function stepOf(operation: Operation): Step {
  const { id, projection, kind, state, progress } = operation;
  const tenth = progress ? Math.floor((10 * progress.done) / Math.max(1, progress.total)) : 0;
  const running = state === 'running';
  return {
    id,
    stage: `${state} ${running ? tenth : ''}`,
    text: `${projection}: ${kind} ${state}${running ? `, ${percentOf(operation)}` : ''}`,
  };
}

const RETRY_MS = 500;
/** A service that restarts goes on with its operations, so it may be silent for this long. */
const SILENT_FOR_MS = 60_000;

async function readAll(cli: Cli, ids: readonly string[]): Promise<readonly Operation[]> {
  for (const limit = Date.now() + SILENT_FOR_MS; ; await sleep(RETRY_MS)) {
    try {
      return await Promise.all(ids.map((id) => cli.admin.call('GET /api/operations/{id}', { path: { id } })));
    } catch (error) {
      const passes = error instanceof Failure && (error.details.status ?? 503) === 503;
      if (!passes || Date.now() > limit) throw error;
    }
  }
}

function goesOn(operations: readonly Operation[]): Failure {
  const unfinished = operations.map(({ kind, projection }) => `${kind} of ${projection}`).join(', ');
  const cancel = operations.map(({ id }) => `call-ledger projections cancel ${id}`).join('; ');
  return new Failure(2, `Not waited for: ${unfinished}.`, {
    remedy: `It goes on. See it: call-ledger projections operations; cancel it: ${cancel}`,
  });
}
