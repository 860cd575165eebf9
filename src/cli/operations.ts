import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '../events/json.ts';
import type { Cli } from './cli.ts';
import { Failure } from './failure.ts';
import { fields } from './text.ts';

/** As `GET /api/operations/{id}` tells it. */
export type Operation = {
  readonly id: string;
  readonly kind: 'rebuild' | 'verify' | 'swap_back';
  readonly projection: string;
  readonly state: 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  readonly progress?: { readonly done: number; readonly total: number; readonly parked?: number };
  readonly result?: JsonObject;
  readonly error?: { readonly code: string; readonly message: string };
  readonly requestedAt: string;
  readonly finishedAt?: string;
};

const isOver = ({ state }: Operation): boolean => state !== 'queued' && state !== 'running';

/** 0 to 1. */
const shareOf = ({ state, progress }: Operation): number =>
  state === 'succeeded' ? 1 : progress && progress.total > 0 ? Math.min(1, progress.done / progress.total) : 0;

export const percentOf = (operation: Operation): string => `${Math.floor(100 * shareOf(operation))} %`;

const WIDTH = 24;

/** A progress bar over all of them, and how each stands that is not over. */
function bar(operations: readonly Operation[]): string {
  const share = operations.reduce((sum, operation) => sum + shareOf(operation), 0) / operations.length;
  const filled = Math.floor(WIDTH * share);
  const open = operations.filter((operation) => !isOver(operation));
  const each = open.map((one) => `${one.projection} ${one.state === 'queued' ? 'queued' : percentOf(one)}`);
  return `[${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}] ${Math.floor(100 * share)} %  ${each.join(', ')}`;
}

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

type Difference = {
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

const EVERY_MS = 500;
/** A service that restarts goes on with what was requested; whoever watches waits for it. */
const SILENT_FOR_MS = 60_000;
const TENTH = 10;

/** Watches operations until all are over. They go on without us: Ctrl-C only ends the watching. */
export async function follow(cli: Cli, ids: readonly string[]): Promise<Operation[]> {
  const terminal = process.stderr.isTTY === true;
  const left = new AbortController();
  const leave = () => left.abort();
  process.once('SIGINT', leave);
  const told = new Map<string, string>();
  try {
    for (;;) {
      const operations = await all(cli, ids);
      if (terminal) process.stderr.write(`\r\u001b[2K${bar(operations)}`);
      else for (const operation of operations) tell(cli, operation, told);
      if (operations.every(isOver)) return operations;
      await sleep(EVERY_MS, undefined, { signal: left.signal }).catch(() => {});
      if (left.signal.aborted) throw goesOn(operations.filter((operation) => !isOver(operation)));
    }
  } finally {
    process.removeListener('SIGINT', leave);
    if (terminal) process.stderr.write('\r\u001b[2K');
  }
}

/** Where no bar can be drawn: a line for each tenth, and for each change. */
function tell(cli: Cli, operation: Operation, told: Map<string, string>): void {
  const { id, projection, kind, state, progress } = operation;
  const tenth = progress ? Math.floor((TENTH * progress.done) / Math.max(1, progress.total)) : 0;
  const stand = `${state} ${state === 'running' ? tenth : ''}`;
  if (told.get(id) === stand) return;
  told.set(id, stand);
  cli.remark(`${projection}: ${kind} ${state}${state === 'running' ? `, ${percentOf(operation)}` : ''}`);
}

async function all(cli: Cli, ids: readonly string[]): Promise<Operation[]> {
  for (const limit = Date.now() + SILENT_FOR_MS; ; await sleep(EVERY_MS)) {
    try {
      return await Promise.all(
        ids.map(async (id) => (await cli.admin.get(`/api/operations/${id}`)) as unknown as Operation),
      );
    } catch (error) {
      const passes = error instanceof Failure && (error.details.status ?? 503) === 503;
      if (!passes || Date.now() > limit) throw error;
    }
  }
}

const goesOn = (operations: readonly Operation[]) =>
  new Failure(
    2,
    `Not waited for: ${operations.map(({ kind, projection }) => `${kind} of ${projection}`).join(', ')}.`,
    {
      remedy: `It goes on. See it: call-ledger projections operations; cancel it: ${operations
        .map(({ id }) => `call-ledger projections cancel ${id}`)
        .join('; ')}`,
    },
  );
