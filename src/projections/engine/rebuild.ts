import { setTimeout as sleep } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import type { Logger } from 'pino';
import type { EventLog } from '../../events/event-log.ts';
import type { JsonObject } from '../../events/json.ts';
import { applyEvents } from './apply.ts';
import type { Connection, ConnectOptions } from './connection.ts';
import { describe } from './faults.ts';
import { hotStates } from './fold-batch.ts';
import { FULL_BATCH, gather } from './gather.ts';
import { bringBack, type Generation, generationOf, generations, isInTheWay, swap, takeTurn } from './generations.ts';
import { makeQueryIndexes, statistics } from './indexes.ts';
import { type Operation, succeed } from './operations.ts';
import { countParked, parkedStreams } from './parked.ts';
import { MAX_PARKED, refuseTooManyParked } from './parked-limit.ts';
import { noteParked } from './progress.ts';
import type { Projection } from './projection.ts';

type BuildOptions = {
  readonly log: EventLog;
  /** Its own: nobody else uses it meanwhile. */
  readonly connection: Connection;
  readonly projection: Projection;
  /** Goes on from its checkpoint. */
  readonly generation: Generation;
  /** The last position to take; absent: until it has caught up with the log. */
  readonly until?: bigint;
  readonly maxBatch?: number | undefined;
  /** More streams than so many, which the live generation has not parked, end it. */
  readonly maxParked?: number | undefined;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** After each batch. */
  readonly onProgress?: (built: Generation) => void;
};

/** Someone else moves the checkpoint, or the generation is gone. */
export class Superseded extends Error {
  override readonly name = 'Superseded';
}

/**
 * Folds the log into a generation that nobody reads yet, and answers it as it then is. What it has committed stays when
 * it is broken off: called again, in whatever process, it goes on from there. A fact that breaks parks its stream, as it
 * does live. Throws `TooManyParked` where the code is to blame rather than facts, `Superseded` when somebody else writes
 * the generation, and the signal's reason when that ends it.
 */
export async function buildGeneration(options: BuildOptions): Promise<Generation> {
  const { log, connection, projection, until, logger, onProgress } = options;
  const { maxBatch = FULL_BATCH, maxParked = MAX_PARKED } = options;
  const signal = AbortSignal.any([options.signal, connection.lost]);
  let built = options.generation;
  await refuseTooManyParked(connection.db, built, maxParked);
  const parked = await parkedStreams(connection.db, built);
  const hot = hotStates();
  const analyzed = statistics(connection.db, projection, built);
  if (until === undefined || built.checkpoint === undefined || built.checkpoint < until) {
    const subscribe = (signal: AbortSignal) =>
      log.subscribe({
        prefixes: projection.prefixes,
        after: options.generation.checkpoint,
        maxBatch,
        signal,
        onBreak(error, retryInMs) {
          logger.warn({ projection: projection.name, error: describe(error), retryInMs }, 'subscription_broken');
        },
      });
    for await (const batch of gather(subscribe, signal, maxBatch)) {
      const events = until === undefined ? batch.events : batch.events.filter(({ position }) => position <= until);
      const last = events.at(-1);
      if (last) {
        const { caughtUp } = batch;
        const taken = await applyEvents(connection.db, projection, built, { ...batch, events }, parked, hot);
        if (taken === 'superseded')
          throw new Superseded(`${built.name}: generation ${built.generation} no longer stands at ${built.checkpoint}`);
        noteParked(taken, built, parked, logger);
        built = { ...built, checkpoint: last.position, caughtUp };
        await analyzed(events.length);
        onProgress?.(built);
        if (taken.newlyParked.length > 0) await refuseTooManyParked(connection.db, built, maxParked);
      }
      if (batch.caughtUp || events.length < batch.events.length || built.checkpoint === until) break;
    }
  }
  signal.throwIfAborted();
  if (built.indexed) return built;
  const indexed = await makeQueryIndexes(connection.db, projection, built, logger);
  return indexed.checkpoint === built.checkpoint ? indexed : buildGeneration({ ...options, generation: indexed });
}

const READERS_IN_THE_WAY_MS = 250;

/**
 * Builds, and then has it take the place of the live one: `swap` answers the generation as it then is, or `behind` when
 * the live one has gone on meanwhile. Readers who hold the views are waited for, with the build kept up to date.
 */
export async function buildAndSwap(
  options: BuildOptions,
  swap: (built: Generation) => Promise<Generation | 'behind'>,
): Promise<Generation> {
  const { projection, signal, logger } = options;
  let built = options.generation;
  for (;;) {
    built = await buildGeneration({ ...options, generation: built });
    try {
      const swapped = await swap(built);
      if (swapped !== 'behind') return swapped;
    } catch (error) {
      if (!isInTheWay(error)) throw error;
      logger.info({ projection: projection.name, generation: built.generation }, 'swap_waits_for_readers');
      await sleep(READERS_IN_THE_WAY_MS, undefined, { signal });
    }
  }
}

/** What an operation has at hand. */
export type OperationContext = {
  readonly operation: Operation;
  readonly projection: Projection;
  readonly log: EventLog;
  /** For this operation alone; it holds the lock that makes it the only one of its projection. */
  readonly connection: Connection;
  /** A further one, for those who need two; its user ends it. */
  readonly connect: (options?: ConnectOptions) => Promise<Connection>;
  readonly maxBatch?: number | undefined;
  readonly maxParked?: number | undefined;
  /** Ends it: cancelled, or the process stops. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** In positions of the log. */
  readonly onProgress: (done: bigint, total: bigint) => void;
};

/**
 * Carries out an operation; answers its result. What is no word or number in it is for the administrator alone, and not
 * logged. Begun again after a process was killed, it finds what `generationOf` has kept. When it throws, or is cancelled,
 * that generation is cleared away.
 */
export type RunOperation = (context: OperationContext) => Promise<JsonObject>;

/** Why an operation cannot be carried out, and trying again would not help. */
export class OperationFailed extends Error {
  override readonly name = 'OperationFailed';
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Builds the same version anew beside the live generation, and puts it in its place. */
export const rebuild: RunOperation = async (context) => {
  const { connection, projection, operation } = context;
  const live = await ownLive(connection.db, projection);
  const begun = await generationOf(connection.db, projection, operation);
  return replaceLive(context, begun, live);
};

/** Makes the generation that was live before live again, once it has caught up. */
export const swapBack: RunOperation = async (context) => {
  const { connection, projection, operation } = context;
  const live = await ownLive(connection.db, projection);
  const kept = await connection.db.transaction().execute(async (trx) => {
    await takeTurn(trx);
    const all = await generations(trx, projection.name);
    const begun = all.find((generation) => generation.operation === operation.id);
    if (begun?.version === live.version) return begun;
    const previous = all.find((generation) => isSwapTarget(generation, live));
    if (!previous)
      throw new OperationFailed('nothing_to_swap_back', 'There is no previous generation of this version.');
    return bringBack(trx, previous, operation.id);
  });
  return replaceLive(context, kept, live);
};

/** Another version's is only brought back by that version of the code: nobody else can have it catch up. */
export const isSwapTarget = ({ state, version }: Generation, live: Generation): boolean =>
  state === 'previous' && version === live.version;

/** While another version of the code is live, or about to be, its processes carry out what is asked for. */
export async function ownLive(db: Kysely<unknown>, projection: Projection): Promise<Generation> {
  const live = (await generations(db, projection.name)).find(({ state }) => state === 'live');
  if (live?.version === projection.version) return live;
  throw new OperationFailed('version_changed', 'Another version of the projection has become live meanwhile.');
}

async function replaceLive(context: OperationContext, generation: Generation, live: Generation): Promise<JsonObject> {
  const { onProgress, ...rest } = context;
  const total = live.checkpoint ?? 0n;
  const build: BuildOptions = {
    ...rest,
    generation,
    onProgress: ({ checkpoint = 0n }) => onProgress(checkpoint, checkpoint > total ? checkpoint : total),
  };
  const result = { generation: generation.generation, replaced: live.generation, parked: 0 };
  await buildAndSwap(build, async (built) => {
    result.parked = await countParked(context.connection.db, built);
    return swapIn(context, built, result);
  });
  return result;
}

/**
 * One transaction: the views show the built generation, and the operation has succeeded. Not as long as the live one
 * has read further, so that no reader sees it go back; its checkpoint cannot move while this lasts.
 */
const swapIn = (
  { connection, projection, operation, signal }: OperationContext,
  built: Generation,
  result: JsonObject,
): Promise<Generation | 'behind'> =>
  connection.db.transaction().execute(async (trx) => {
    await takeTurn(trx);
    await sql`select from projection.projections where name = ${built.name} and state = 'live' for update`.execute(trx);
    const live = await ownLive(trx, projection);
    if ((live.checkpoint ?? -1n) > (built.checkpoint ?? -1n)) return 'behind';
    if (!(await succeed(trx, operation.id, result))) {
      signal.throwIfAborted();
      throw new OperationFailed('cancelled', 'It was cancelled.');
    }
    return swap(trx, projection, built);
  });
