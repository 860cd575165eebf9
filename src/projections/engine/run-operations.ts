import type { Logger } from 'pino';
import { type EventLog, EventStoreUnavailable } from '../../events/event-log.ts';
import type { JsonObject } from '../../events/json.ts';
import { pause, supervise } from '../../events/waiting.ts';
import { type Connection, type ConnectOptions, connect } from '../../postgres/connection.ts';
import { safeErrorMessage } from '../../postgres/errors.ts';
import { tryLock } from '../../postgres/mutex.ts';
import { Superseded } from './build.ts';
import { DAY_MS, dropAbandoned, dropExpired, isAbandoned, isExpired, operationsOf } from './clean-up.ts';
import { isFactsFault } from './faults.ts';
import { type Generation, generations } from './generations.ts';
import { prepare } from './migrations.ts';
import {
  beginOperation,
  fail,
  type Operation,
  type OperationError,
  type OperationKind,
  openOperations,
  saveProgress,
  succeed,
} from './operations.ts';
import { TooManyParked } from './parked-limit.ts';
import { OperationFailed, type RunOperation, rebuild, swapBack } from './rebuild.ts';
import { rewrite } from './rewrite.ts';
import type { Runner } from './runner.ts';
import { verify } from './verify.ts';

/** Each kind has a route. */
export const operationsByKind: Readonly<Partial<Record<OperationKind, RunOperation>>> = {
  rebuild,
  rewrite,
  swap_back: swapBack,
  verify,
};

export type OperationsOptions = {
  readonly log: EventLog;
  readonly databaseUrl: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly maxBatch?: number | undefined;
  readonly maxParked?: number | undefined;
  /** How long a replaced generation can be swapped back. */
  readonly keepMs?: number | undefined;
  readonly now?: (() => number) | undefined;
  readonly pollMs?: number | undefined;
};

type UnderWay = {
  readonly operation: Operation;
  readonly cancel: AbortController;
  readonly ended: Promise<void>;
  done: bigint;
  total: bigint;
};

/** Carries out operations of the projections that this process leads, and drops expired generations. Never rejects. */
export async function runOperations(runners: readonly Runner[], options: OperationsOptions): Promise<void> {
  const { databaseUrl, signal, logger, pollMs = 500 } = options;
  const underWay = new Map<string, UnderWay>();
  const poll = async () => {
    await using connection = await connect(databaseUrl, 'operations');
    await prepare(connection.db);
    while (!signal.aborted) {
      connection.lost.throwIfAborted();
      await pollOperations(connection, runners, underWay, options);
      await pause(pollMs, signal);
    }
  };
  await supervise(poll, {
    ...{ signal, backOffMs: [pollMs] },
    onFailure: (error) => logger.warn({ error: safeErrorMessage(error) }, 'operations_interrupted'),
  });
  await Promise.all([...underWay.values()].map(({ ended }) => ended));
}

async function pollOperations(
  { db }: Connection,
  runners: readonly Runner[],
  underWay: Map<string, UnderWay>,
  options: OperationsOptions,
): Promise<void> {
  const open = await openOperations(db);
  for (const [id, { operation, cancel, done, total }] of underWay) {
    if (open.some((one) => one.id === id)) await saveProgress(db, id, done, total);
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
    if (live?.version !== projection.version) continue; // the processes of the live version take care
    if (runner.status().building) continue; // what is live is of a log that was restored
    if (live.generation !== runner.status().generation) runner.restart();
    if ([...underWay.values()].some(({ operation }) => operation.projection === projection.name)) continue;
    const replaced = all.filter(({ name }) => projection.replaces?.includes(name));
    if ([...its, ...replaced].some((one) => isExpired(one, before))) await dropExpired(db, projection, before);
    if (its.some((generation) => isAbandoned(generation, open))) await dropAbandoned(db, projection);
    const next = open.find((operation) => operation.projection === projection.name);
    if (next) start(next, runner, live, underWay, options);
  }
}

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
      if (!options.signal.aborted) logger.warn({ ...about, error: safeErrorMessage(error) }, 'operation_interrupted');
    })
    .finally(() => underWay.delete(operation.id));
  const one: UnderWay = { operation, cancel, ended, done: 0n, total: live.checkpoint ?? 0n };
  underWay.set(operation.id, one);
}

/** Rejects when interrupted: then the operation is still open, and run again. */
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
  // The leader before may still be carrying it out; or it was cancelled before it began.
  if (!(await tryLock(db, operationsOf(projection.name))) || !(await beginOperation(db, id))) return;
  logger.info('operation_begins');
  const signal = AbortSignal.any([options.signal, cancelled, connection.lost]);
  try {
    const carry = operationsByKind[kind];
    if (!carry) throw new OperationFailed('not_supported', 'This release cannot carry it out.');
    const given = { operation, projection, log, connection, connect: open, maxBatch, maxParked };
    const result = await carry({ ...given, signal, logger, onProgress });
    await succeed(db, id, result);
    if (kind !== 'verify') runner.restart();
    logger.info({ result: withoutDifferences(result) }, 'operation_succeeded');
  } catch (error) {
    if (options.signal.aborted || connection.lost.aborted) throw error;
    const why = cancelled.aborted ? CANCELLED : errorOf(error);
    if (!why) throw error;
    await fail(db, id, why); // no effect on one that was cancelled
    logger[why === CANCELLED ? 'info' : 'error'](
      { error: why },
      why === CANCELLED ? 'operation_cancelled' : 'operation_failed',
    );
  }
  await dropAbandoned(db, projection);
}

/** Differences quote rows, which may be personal data. */
const withoutDifferences = (result: JsonObject) =>
  Object.fromEntries(Object.entries(result).filter(([, value]) => typeof value !== 'object'));

const CANCELLED: OperationError = { code: 'cancelled', message: 'It was cancelled.' };

/** Undefined: running it again may help. */
function errorOf(error: unknown): OperationError | undefined {
  if (error instanceof OperationFailed) return { code: error.code, message: error.message };
  if (error instanceof TooManyParked) return { code: 'too_many_parked', message: error.message, ...error.fact };
  // Another process is at work on it, or a store does not answer.
  if (error instanceof Superseded || error instanceof EventStoreUnavailable || !isFactsFault(error)) return undefined;
  // The error's own message may quote personal data.
  return { code: 'internal_error', message: error instanceof Error ? `It ended with ${error.name}.` : 'It ended.' };
}
