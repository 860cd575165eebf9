import { sql } from 'kysely';
import type { Logger } from 'pino';
import { decode, type Fact } from '../../events/codec.ts';
import { type EventLog, readLeft } from '../../events/event-log.ts';
import type { Recorded } from '../../events/recorded.ts';
import { pause } from '../../events/waiting.ts';
import { type Database, inTransaction } from '../../postgres/connection.ts';
import { safeErrorMessage } from '../../postgres/errors.ts';
import { decodeBatch, firstBroken, foldIsolatingFailures } from './apply.ts';
import type { ReadApplied } from './fold-batch.ts';
import { type Generation, tableNames } from './generations.ts';
import {
  type BrokenStream,
  type ParkedStream,
  type ParkedStreams,
  parkAgain,
  requestedRedrives,
  unpark,
} from './parked.ts';
import type { Progress } from './progress.ts';
import type { CheckpointOf, Projection } from './projection.ts';
import type { Tx } from './table.ts';

const NOTHING_PARKED = new Map<string, never>();

/**
 * Applies a parked stream from its broken fact up to the checkpoint, and unparks it in the same transaction, or parks it
 * at the fact that breaks now. Only for the leader, between two batches.
 */
export async function redrive(
  db: Database,
  log: EventLog,
  projection: Projection,
  generation: Generation,
  parked: ParkedStream,
  others: ParkedStreams,
): Promise<'redriven' | BrokenStream> {
  const { checkpoint = -1n } = generation;
  const recorded = await readLeft(log, parked.stream, { from: parked.revision });
  const events = recorded.filter(({ position }) => position <= checkpoint);
  const { facts, unreadable } = decodeBatch(events, NOTHING_PARKED);
  return inTransaction(db, async (trx) => {
    await lockCheckpoint(trx, generation);
    const applied = readApplied(log, new Map([...others].filter(([stream]) => stream !== parked.stream)));
    const unfoldable = await foldIsolatingFailures(trx, projection, tableNames(generation), facts, {
      readApplied: (streams) => applied(streams, checkpoint),
      isLate: true,
    });
    const [still] = firstBroken(events, unreadable, unfoldable);
    if (still) await parkAgain(trx, parked.id, still);
    else await unpark(trx, parked.id);
    return still ?? 'redriven';
  });
}

/** Reads facts that a generation has applied: up to a position, and of parked streams up to what broke. */
export const readApplied =
  (log: EventLog, parked: ParkedStreams): ReadApplied =>
  async (streams, upTo) => {
    const recorded = (await Promise.all(streams.map((stream) => readLeft(log, stream)))).flat();
    const isApplied = ({ stream, position, revision }: Recorded) => {
      const broken = parked.get(stream)?.revision;
      return position <= upTo && (broken === undefined || revision < broken);
    };
    const applied = recorded.filter(isApplied).sort((a, b) => (a.position < b.position ? -1 : 1));
    return applied.flatMap(factOrNot);
  };

/** What a broken fact does not let apply is not looked at either. */
function factOrNot(recorded: Recorded): readonly Fact[] {
  try {
    const fact = decode(recorded);
    return fact ? [fact] : [];
  } catch {
    return [];
  }
}

/** Throws when the checkpoint has moved: then another process writes, and this one must not. */
async function lockCheckpoint(
  trx: Tx,
  { name, generation, checkpoint }: CheckpointOf & Pick<Generation, 'checkpoint'>,
) {
  const { rows } = await sql`
    select 1 from projection.projections
     where name = ${name} and generation = ${generation} and checkpoint = ${`${checkpoint}`}::bigint and not frozen
       for update`.execute(trx);
  if (rows.length === 0) throw new Error(`${name}: the checkpoint of generation ${generation} is not at ${checkpoint}`);
}

type RedriveOptions = {
  readonly db: Database;
  readonly log: EventLog;
  readonly projection: Projection;
  /** The leader's, as of now. */
  readonly generation: () => Generation;
  /** Redriven streams are removed from it. */
  readonly parked: Map<string, ParkedStream>;
  readonly progress: Progress;
  readonly logger: Logger;
  /** Called before anything is written. */
  readonly onRedrive: () => void;
  /** Runs work between two batches. */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
};

const POLL_MS = 500;

/** Redrives parked streams as operators request it, in any process, until it is disposed of. */
export function redriveOnRequest(options: RedriveOptions): AsyncDisposable {
  const over = new AbortController();
  const { signal } = over;
  const ended = (async () => {
    for (;;) {
      await pause(POLL_MS, signal);
      if (signal.aborted) return;
      if (options.parked.size === 0) continue;
      try {
        await redriveRequested(options, signal);
      } catch (error) {
        const { name } = options.projection;
        if (!signal.aborted)
          options.logger.warn({ projection: name, error: safeErrorMessage(error) }, 'projection_redrive_interrupted');
      }
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      over.abort();
      await ended;
    },
  };
}

async function redriveRequested(options: RedriveOptions, signal: AbortSignal): Promise<void> {
  const { db, log, projection, generation, parked, progress, logger, onRedrive, exclusively } = options;
  const requested = await exclusively(() => requestedRedrives(db, generation()));
  for (const stream of requested) {
    const one = parked.get(stream);
    if (!one || signal.aborted) continue;
    const outcome = await exclusively(() => {
      onRedrive();
      return redrive(db, log, projection, generation(), one, parked);
    });
    const about = { projection: projection.name, parked_id: one.id, stream };
    if (outcome === 'redriven') {
      parked.delete(stream);
      logger.info(about, 'projection_redriven');
    } else {
      const { fact, reason } = outcome.broken;
      parked.set(stream, { ...one, revision: fact.revision });
      logger.error(
        { ...about, position: `${fact.position}`, type: fact.type, error: reason },
        'projection_still_parked',
      );
    }
    progress.parked = parked.size;
  }
}
