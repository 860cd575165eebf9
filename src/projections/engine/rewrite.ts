import { sql } from 'kysely';
import type { Database } from '../../postgres/connection.ts';
import { Superseded } from './build.ts';
import { type Generation, generationOf, tableNames, tablesOf } from './generations.ts';
import { isRewritten } from './operations.ts';
import type { Projection } from './projection.ts';
import { ownLive, type RunOperation, replaceLive } from './rebuild.ts';

/**
 * Copies the rows that the live generation has now into another one, lets that catch up and swaps it in. In its files is
 * nothing of what the rows were before, and readers notice nothing.
 */
export const rewrite: RunOperation = async (context) => {
  const { connection, projection, operation } = context;
  const live = await ownLive(connection.db, projection);
  if (await isRewritten(connection.db, operation.id)) return { generation: live.generation, parked: 0 };
  let begun = await generationOf(connection.db, projection, operation);
  if (begun.checkpoint === undefined) {
    await using wide = await context.connect({ queryTimeoutMs: 0 });
    begun = await copyLive(wide.db, projection, begun);
  }
  return replaceLive(context, begun, live);
};

/** Rows, parked streams and checkpoint as of one moment, while batches go on. */
const copyLive = (db: Database, projection: Projection, into: Generation): Promise<Generation> =>
  db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (trx) => {
      await sql`set local statement_timeout = 0`.execute(trx);
      const live = await ownLive(trx, projection);
      for (const table of tablesOf(projection)) {
        const columns = sql.join(Object.keys(table.columns).map((column) => sql.id(column)));
        const [to, from] = [into, live].map((generation) => sql.raw(tableNames(generation)(table)));
        await sql`insert into ${to} (${columns}) select ${columns} from ${from}`.execute(trx);
      }
      // A parked stream's id names the generation and the position.
      const prefix = `${into.name}.${into.generation}.`;
      await sql`insert into projection.parked
          (id, projection, generation, stream, revision, position, type, error, parked_at, waiting, attempts)
        select ${prefix} || substring(id from '[^.]*$'), projection, ${into.generation}, stream, revision, position, type,
               error, parked_at, waiting, attempts
          from projection.parked where projection = ${live.name} and generation = ${live.generation}`.execute(trx);
      // What is parked already does not hold it up.
      const { numAffectedRows } = await sql`update projection.projections p
          set checkpoint = l.checkpoint, checkpoint_event = l.checkpoint_event, origin = l.origin, parked_accepted = now()
         from projection.projections l
        where l.name = ${live.name} and l.generation = ${live.generation}
          and p.name = ${into.name} and p.generation = ${into.generation} and p.checkpoint is null`.execute(trx);
      if (numAffectedRows !== 1n) throw new Superseded(`${into.name}: generation ${into.generation} is gone`);
      const { checkpoint, checkpointEvent, origin } = live;
      return { ...into, checkpoint, checkpointEvent, origin };
    });
