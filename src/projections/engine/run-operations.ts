import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type EventLog, EventStoreUnavailable } from '../../events/event-log.ts';
import type { JsonObject } from '../../events/json.ts';
import { Superseded } from '../runtime/build.ts';
import { clearAbandoned, clearOutlived, isOutlived } from '../runtime/clear-generations.ts';
import { describe } from '../runtime/describe.ts';
import { operationsByKind } from '../runtime/operation-kinds.ts';
import { type Connection, type ConnectOptions, connect } from './connection.ts';
import { isFactsFault } from './faults.ts';
import { type Generation, generations, prepare } from './generations.ts';
import { takeOperations } from './leadership.ts';
import {
  beginOperation,
  fail,
  noteProgress,
  type Operation,
  type OperationError,
  openOperations,
  succeed,
} from './operations.ts';
import { TooManyParked } from './parked-limit.ts';
import { OperationFailed } from './rebuild.ts';
import type { Runner } from './runner.ts';

export type OperationsOptions = {
  readonly log: EventLog;
  readonly databaseUrl: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly maxBatch?: number | undefined;
  readonly maxParked?: number | undefined;
  /** How long a generation that was replaced can be swapped back. */
  readonly keepMs?: number | undefined;
  readonly now?: (() => number) | undefined;
  /** How often it is asked for what was requested. */
  readonly pollMs?: number | undefined;
};

const DAY_MS = 86_400_000;

type UnderWay = {
  readonly operation: Operation;
  readonly cancel: AbortController;
  readonly ended: Promise<void>;
  done: bigint;
  total: bigint;
};

/**
 * Carries out what operators request of the projections that this process leads, and clears away generations that have
 * had their time. What was requested stands in Postgres: when the process dies, whoever leads next goes on with it.
 * Resolved when the signal has ended it; never rejected.
 */
export async function runOperations(runners: readonly Runner[], options: OperationsOptions): Promise<void> {
  const { databaseUrl, signal, logger, pollMs = 500 } = options;
  const underWay = new Map<string, UnderWay>();
  while (!signal.aborted) {
    try {
      await using connection = await connect(databaseUrl, 'operations');
      await prepare(connection.db);
      while (!signal.aborted && !connection.lost.aborted) {
        await lookAround(connection, runners, underWay, options);
        await pause(pollMs, signal);
      }
    } catch (error) {
      if (!signal.aborted) logger.warn({ error: describe(error) }, 'operations_interrupted');
    }
    await pause(pollMs, signal);
  }
  await Promise.all([...underWay.values()].map(({ ended }) => ended));
}

async function lookAround(
  { db }: Connection,
  runners: readonly Runner[],
  underWay: Map<string, UnderWay>,
  options: OperationsOptions,
): Promise<void> {
  const open = await openOperations(db);
  for (const [id, { operation, cancel, done, total }] of underWay) {
    if (open.some((one) => one.id === id)) await noteProgress(db, id, done, total);
    else cancel.abort(new OperationFailed('cancelled', `${operation.kind} of ${operation.projection} was cancelled`));
  }
  const leading = runners.filter((runner) => runner.status().leader);
  if (leading.length === 0) return;
  const all = await generations(db);
  const { now = Date.now, keepMs = DAY_MS } = options;
  const before = new Date(now() - keepMs);
  for (const runner of leading) {
    const { projection } = runner;
    const its = all.filter(({ name }) => name === projection.name);
    const live = its.find(({ state }) => state === 'live');
    if (live?.version !== projection.version) continue; // those of the other version see to it
    if (live.generation !== runner.status().generation) runner.lookAgain();
    if ([...underWay.values()].some(({ operation }) => operation.projection === projection.name)) continue;
    const replaced = all.filter(({ name }) => projection.replaces?.includes(name));
    if ([...its, ...replaced].some((one) => isOutlived(one, before))) await clearOutlived(db, projection, before);
    if (its.some((generation) => isAbandoned(generation, open))) await clearAbandoned(db, projection);
    const next = open.find((operation) => operation.projection === projection.name);
    if (next) start(next, runner, live, underWay, options);
  }
}

const isAbandoned = ({ operation }: Generation, open: readonly Operation[]): boolean =>
  operation !== undefined && !open.some(({ id }) => id === operation);

function start(
  operation: Operation,
  runner: Runner,
  live: Generation,
  underWay: Map<string, UnderWay>,
  options: OperationsOptions,
): void {
  const { logger } = options;
  const about = { operation: operation.id, kind: operation.kind, projection: operation.projection };
  const cancel = new AbortController();
  const ended = carryOut(operation, runner, cancel.signal, options, (done, total) =>
    Object.assign(one, { done, total }),
  )
    .catch((error: unknown) => {
      if (!options.signal.aborted) logger.warn({ ...about, error: describe(error) }, 'operation_interrupted');
    })
    .finally(() => underWay.delete(operation.id));
  const one: UnderWay = { operation, cancel, ended, done: 0n, total: live.checkpoint ?? 0n };
  underWay.set(operation.id, one);
}

/** Rejects when it was interrupted: then it is still open, and begun again. */
async function carryOut(
  operation: Operation,
  runner: Runner,
  cancelled: AbortSignal,
  options: OperationsOptions,
  onProgress: (done: bigint, total: bigint) => void,
): Promise<void> {
  const { log, databaseUrl, maxBatch, maxParked } = options;
  const { projection } = runner;
  const { id, kind } = operation;
  const logger = options.logger.child({ operation: id, kind, projection: projection.name });
  const open = (limits?: ConnectOptions) => connect(databaseUrl, `${projection.name} ${kind}`, limits);
  await using connection = await open({ byKeyOnly: true });
  const { db } = connection;
  // Whoever led before may still be at it; or it was cancelled before it began.
  if (!(await takeOperations(connection, projection.name)) || !(await beginOperation(db, id))) return;
  logger.info('operation_begins');
  const signal = AbortSignal.any([options.signal, cancelled, connection.lost]);
  try {
    const carry = operationsByKind[kind];
    if (!carry) throw new OperationFailed('not_supported', 'This release cannot carry it out.');
    const given = { operation, projection, log, connection, connect: open, maxBatch, maxParked };
    const result = await carry({ ...given, signal, logger, onProgress });
    await succeed(db, id, result);
    if (kind !== 'verify') runner.lookAgain();
    logger.info({ result: wordsOf(result) }, 'operation_succeeded');
  } catch (error) {
    if (options.signal.aborted || connection.lost.aborted) throw error;
    const why = cancelled.aborted ? CANCELLED : reasonOf(error);
    if (!why) throw error;
    await fail(db, id, why); // which changes nothing of one that was cancelled
    logger[why === CANCELLED ? 'info' : 'error'](
      { error: why },
      why === CANCELLED ? 'operation_cancelled' : 'operation_failed',
    );
  }
  await clearAbandoned(db, projection);
}

/** The differences that a verification lists quote rows. */
const wordsOf = (result: JsonObject) =>
  Object.fromEntries(Object.entries(result).filter(([, value]) => typeof value !== 'object'));

const CANCELLED: OperationError = { code: 'cancelled', message: 'It was cancelled.' };

/** Undefined: to begin again may help. */
function reasonOf(error: unknown): OperationError | undefined {
  if (error instanceof OperationFailed) return { code: error.code, message: error.message };
  if (error instanceof TooManyParked) return { code: 'too_many_parked', message: error.message, ...error.fact };
  // Somebody else is at it, or a store does not answer.
  if (error instanceof Superseded || error instanceof EventStoreUnavailable || !isFactsFault(error)) return undefined;
  // Its own words may quote what it was about.
  return { code: 'internal_error', message: error instanceof Error ? `It ended with ${error.name}.` : 'It ended.' };
}

const pause = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }).catch(() => {});
