import { sql } from 'kysely';
import type { Logger } from 'pino';
import { type EventLog, readLeft } from '../../events/event-log.ts';
import type { Recorded } from '../../events/recorded.ts';
import { pause } from '../../events/waiting.ts';
import { firstBroken, foldAround, sort } from './apply.ts';
import { type Database, inTransaction } from './connection.ts';
import { describe } from './faults.ts';
import { type Generation, tableNames } from './generations.ts';
import { keepParked, type Newly, type ParkedStream, type ParkedStreams, unpark, wantedRedrives } from './parked.ts';
import type { Progress } from './progress.ts';
import type { CheckpointOf, Late, Projection } from './projection.ts';
import type { Tx } from './table.ts';

const NOTHING_PARKED = new Map<string, never>();

/**
 * Applies what a parked stream has waiting, from its broken fact up to the checkpoint, in order and in one transaction
 * with its release. What breaks again keeps the stream parked at the fact that does; what stands before that is applied.
 * Only for the leader, between two batches.
 */
export async function redrive(
  db: Database,
  log: EventLog,
  projection: Projection,
  mine: Generation,
  parked: ParkedStream,
  others: ParkedStreams,
): Promise<'redriven' | Newly> {
  const { checkpoint = -1n } = mine;
  const recorded = await readLeft(log, parked.stream, { from: parked.revision });
  const events = recorded.filter(({ position }) => position <= checkpoint);
  const { facts, unreadable } = sort(events, NOTHING_PARKED);
  return inTransaction(db, async (trx) => {
    await holdCheckpoint(trx, mine);
    const unfoldable = await foldAround(trx, projection, tableNames(mine), facts, {
      factsOf: appliedOf(log, checkpoint, parked, others),
    });
    const [still] = firstBroken(events, unreadable, unfoldable);
    if (still) await keepParked(trx, parked.id, still);
    else await unpark(trx, parked.id);
    return still ?? 'redriven';
  });
}

/** Reads facts that the generation has applied: up to its checkpoint, and of parked streams before what broke. */
const appliedOf =
  (log: EventLog, checkpoint: bigint, redriven: ParkedStream, parked: ParkedStreams): Late['factsOf'] =>
  async (streams) => {
    const recorded = (await Promise.all(streams.map((stream) => readLeft(log, stream)))).flat();
    const isApplied = ({ stream, position, revision }: Recorded) => {
      const broken = stream === redriven.stream ? undefined : parked.get(stream)?.revision;
      return position <= checkpoint && (broken === undefined || revision < broken);
    };
    const applied = recorded.filter(isApplied).sort((a, b) => (a.position < b.position ? -1 : 1));
    return sort(applied, NOTHING_PARKED).facts;
  };

/** Throws when it is not where we believe: then somebody else writes, and nothing may be written here. */
async function holdCheckpoint(
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
  /** The leader's, as it then is. */
  readonly generation: () => Generation;
  /** What redriven streams are taken from. */
  readonly parked: Map<string, ParkedStream>;
  readonly progress: Progress;
  readonly logger: Logger;
  /** Told before something is written. */
  readonly onRedrive: () => void;
  /** Between two batches. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
};

/** As long as nothing is parked nobody is asked. */
const ASK_EVERY_MS = 500;

/** Redrives parked streams that somebody, in whatever process, asks for; until it is disposed of. */
export function redriveOnRequest(options: RedriveOptions): AsyncDisposable {
  const over = new AbortController();
  const { signal } = over;
  const ended = (async () => {
    for (;;) {
      await pause(ASK_EVERY_MS, signal);
      if (signal.aborted) return;
      if (options.parked.size === 0) continue;
      try {
        await redriveWanted(options, signal);
      } catch (error) {
        const { name } = options.projection;
        if (!signal.aborted)
          options.logger.warn({ projection: name, error: describe(error) }, 'projection_redrive_interrupted');
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

async function redriveWanted(options: RedriveOptions, signal: AbortSignal): Promise<void> {
  const { db, log, projection, generation, parked, progress, logger, onRedrive, inTurn } = options;
  const wanted = await inTurn(() => wantedRedrives(db, generation()));
  for (const stream of wanted) {
    const one = parked.get(stream);
    if (!one || signal.aborted) continue;
    const outcome = await inTurn(() => {
      onRedrive();
      return redrive(db, log, projection, generation(), one, parked);
    });
    const said = { projection: projection.name, parked_id: one.id, stream };
    if (outcome === 'redriven') {
      parked.delete(stream);
      logger.info(said, 'projection_redriven');
    } else {
      const { fact, reason } = outcome.broken;
      parked.set(stream, { ...one, revision: fact.revision });
      logger.error(
        { ...said, position: `${fact.position}`, type: fact.type, error: reason },
        'projection_still_parked',
      );
    }
    progress.parked = parked.size;
  }
}
