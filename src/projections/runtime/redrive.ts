import { sql } from 'kysely';
import { type EventLog, readLeft } from '../../events/event-log.ts';
import type { Recorded } from '../../events/recorded.ts';
import { firstBroken, foldAround, sort } from '../engine/apply.ts';
import { type Database, inTransaction } from '../engine/connection.ts';
import { type Generation, tableNames } from '../engine/generations.ts';
import { keepParked, type Newly, type ParkedStream, type ParkedStreams, unpark } from '../engine/parked.ts';
import type { Late, Projection } from '../engine/projection.ts';
import type { Tx } from '../engine/table.ts';
import type { CheckpointOf } from './checkpoint.ts';

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
