import { type Kysely, sql } from 'kysely';
import type { Logger } from 'pino';
import type { EventLog } from '../../events/event-log.ts';
import type { JsonObject } from '../../events/json.ts';
import type { Connection, ConnectOptions } from '../../postgres/connection.ts';
import { type BuildOptions, buildAndSwap } from './build.ts';
import { isStale } from './foreign-log.ts';
import {
  bringBack,
  drop,
  type Generation,
  generationOf,
  generations,
  liveGeneration,
  swap,
  takeTurn,
} from './generations.ts';
import { type Operation, succeed } from './operations.ts';
import { countParked } from './parked.ts';
import type { Projection } from './projection.ts';

export type OperationContext = {
  readonly operation: Operation;
  readonly projection: Projection;
  readonly log: EventLog;
  /** For this operation alone; it holds the lock on the projection's operations. */
  readonly connection: Connection;
  /** Opens a second one, which the caller closes. */
  readonly connect: (options?: ConnectOptions) => Promise<Connection>;
  readonly maxBatch?: number | undefined;
  readonly maxParked?: number | undefined;
  /** Aborted when it is cancelled, or the process stops. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** In positions of the log. */
  readonly onProgress: (done: bigint, total: bigint) => void;
};

/** Carries out an operation and returns its result. After a crash it is run again and goes on with its generation. */
export type RunOperation = (context: OperationContext) => Promise<JsonObject>;

/** An operation cannot be carried out, and trying again would not help. */
export class OperationFailed extends Error {
  override readonly name = 'OperationFailed';
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Builds the same version again beside the live generation, and swaps it in. */
export const rebuild: RunOperation = async (context) => {
  const { connection, projection, operation, log } = context;
  const live = await ownLive(connection.db, projection);
  let begun = await generationOf(connection.db, projection, operation);
  if (await isStale(log, begun)) {
    await connection.db.transaction().execute((trx) => drop(trx, begun));
    begun = await generationOf(connection.db, projection, operation);
  }
  return replaceLive(context, begun, live);
};

/** Makes the generation that was live before live again, once it has caught up. */
export const swapBack: RunOperation = async (context) => {
  const { connection, projection, operation, log } = context;
  const live = await ownLive(connection.db, projection);
  const kept = await connection.db.transaction().execute(async (trx) => {
    await takeTurn(trx);
    const all = await generations(trx, projection.name);
    const begun = all.find((generation) => generation.operation === operation.id);
    if (begun?.version === live.version) return begun;
    const previous = all.find((generation) => isSwapTarget(generation, live));
    if (!previous)
      throw new OperationFailed('nothing_to_swap_back', 'There is no previous generation of this version.');
    if (await isStale(log, previous, 0))
      throw new OperationFailed('nothing_to_swap_back', 'The previous generation holds what the log has no more.');
    return bringBack(trx, previous, operation.id);
  });
  return replaceLive(context, kept, live);
};

/** Another version's generation can only be caught up, and so brought back, by that version of the code. */
export const isSwapTarget = ({ state, version }: Generation, live: Generation): boolean =>
  state === 'previous' && version === live.version;

/** The live generation of this version; throws while another version is live, whose processes then carry out operations. */
export async function ownLive(db: Kysely<unknown>, projection: Projection): Promise<Generation> {
  const live = await liveGeneration(db, projection.name);
  if (live?.version === projection.version) return live;
  throw new OperationFailed(
    'version_changed',
    `Another release's version of ${projection.name} is shown by now, itself built from the log anew: nothing is left to do. Ask a process of that release for another one.`,
  );
}

/** Builds a generation up to the end of the log, and swaps it in. */
export async function replaceLive(
  context: OperationContext,
  generation: Generation,
  live: Generation,
): Promise<JsonObject> {
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

/** Swaps and completes the operation in one transaction; not while the live one is ahead, so that no reader goes back. */
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
