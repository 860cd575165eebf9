import { type Kysely, type QueryExecutorProvider, sql, type Transaction } from 'kysely';
import { lockGenerations, tryLockInTransaction } from '../../postgres/mutex.ts';
import { streamStates } from './fold-batch.ts';
import type { Operation } from './operations.ts';
import { leadOf, type Projection } from './projection.ts';
import { createTable, type Table, type TableName } from './table.ts';
import { showInViews, showNothingYet } from './views.ts';

type Tx = Transaction<unknown>;

/** `live`: shown by the views. `building`: will be. `previous`: was, and is kept until the next one. */
export type GenerationState = 'live' | 'building' | 'previous';

/** One build of a projection: tables and a checkpoint of its own. */
export type Generation = {
  readonly name: string;
  readonly generation: number;
  readonly version: number;
  readonly state: GenerationState;
  readonly checkpoint: bigint | undefined;
  /** The event at the checkpoint, as `placeText` writes it; absent, or of another position, where an older release has moved it. */
  readonly checkpointEvent?: string | undefined;
  /** The log's first event; absent until that has been looked at. */
  readonly origin?: string | undefined;
  readonly caughtUp: boolean;
  /** Whether it has the indexes that readers need (indexes.ts). */
  readonly indexed: boolean;
  /** The operation that builds it or brings it back; absent: the code's own generation. */
  readonly operation: string | undefined;
  /** When another took its place. */
  readonly replacedAt: Date | undefined;
};

export type GenerationId = Pick<Generation, 'name' | 'generation'>;

type GenerationRow = {
  name: string;
  generation: number;
  version: number;
  state: GenerationState;
  checkpoint: string | null;
  checkpoint_event: string | null;
  origin: string | null;
  caught_up: boolean;
  indexed: boolean;
  operation: string | null;
  replaced_at: Date | null;
};

/** All generations of one projection or of all, the newest first. */
export async function generations(db: QueryExecutorProvider, name?: string): Promise<Generation[]> {
  const { rows } = await sql<GenerationRow>`
    select name, generation, version, state, checkpoint, caught_up, indexed, operation, replaced_at,
           -- readers may meet tables that are not migrated yet
           to_jsonb(p)->>'checkpoint_event' as checkpoint_event, to_jsonb(p)->>'origin' as origin
      from projection.projections p
     where ${name ?? null}::text is null or name = ${name ?? null} order by generation desc`.execute(db);
  return rows.map(({ checkpoint, checkpoint_event, origin, caught_up, operation, replaced_at, ...row }) => ({
    ...row,
    checkpoint: checkpoint === null ? undefined : BigInt(checkpoint),
    checkpointEvent: checkpoint_event ?? undefined,
    origin: origin ?? undefined,
    caughtUp: caught_up,
    operation: operation ?? undefined,
    replacedAt: replaced_at ?? undefined,
  }));
}

/** Shown by the views; undefined before the projection's first start. */
export const liveGeneration = async (db: QueryExecutorProvider, name: string): Promise<Generation | undefined> =>
  (await generations(db, name)).find(({ state }) => state === 'live');

/** The generation that this version of the code writes: live, begun, live earlier, or a new one. The very first is live at once. */
export const generationFor = (db: Kysely<unknown>, projection: Projection): Promise<Generation> =>
  db.transaction().execute(async (trx) => {
    await lockGenerations(trx);
    const all = await generations(trx, projection.name);
    const live = all.find(({ state }) => state === 'live');
    const replaced = await liveReplaced(trx, projection);
    if (live?.version === projection.version && replaced.length === 0) return live;
    const begun = all.find(({ version, operation }) => version === projection.version && operation === undefined);
    if (begun) return begun.state === 'building' ? begun : bringBack(trx, begun);
    const made = await create(trx, projection, live || replaced.length > 0 ? 'building' : 'live');
    if (made.state === 'live') await showInViews(trx, projection, tableNames(made));
    else await showNothingYet(trx, projection);
    return made;
  });

/** Projections of an earlier release that are still live, or live again after a step back. */
async function liveReplaced(trx: Tx, { replaces = [] }: Projection): Promise<Generation[]> {
  return replaces.length === 0
    ? []
    : (await generations(trx)).filter(({ name, state }) => state === 'live' && replaces.includes(name));
}

/** The generation that the views show in the place of this one; undefined: they show this one. */
export const shownInstead = async (
  db: Kysely<unknown>,
  { name, replaces = [] }: Projection,
  own: Generation,
): Promise<Generation | undefined> =>
  (await generations(db)).find(
    (other) =>
      other.state === 'live' &&
      (other.name === name ? other.generation !== own.generation : replaces.includes(other.name)),
  );

/** Whether a process keeps this version's generation up to date. */
export const isLed = (db: Kysely<unknown>, of: Generation): Promise<boolean> =>
  db.transaction().execute((trx) => isLedIn(trx, of));

const isLedIn = async (trx: Tx, of: Generation): Promise<boolean> => !(await tryLockInTransaction(trx, leadOf(of)));

/** Replaces a generation under construction with an empty one; one that was live before is kept. */
export const beginAnew = (db: Kysely<unknown>, projection: Projection, begun: Generation): Promise<Generation> =>
  db.transaction().execute(async (trx) => {
    await lockGenerations(trx);
    const { rows } = await sql`select from projection.projections
      where name = ${begun.name} and generation = ${begun.generation} and parked_accepted is null`.execute(trx);
    if (rows.length === 0) return begun;
    await drop(trx, begun);
    return create(trx, projection, 'building');
  });

/**
 * The generation that an operation builds: the one that it has begun, else a new one. Never the code's own.
 *
 * @param acceptParked it goes on whatever it parks.
 */
export const generationOf = (
  db: Kysely<unknown>,
  projection: Projection,
  { id, acceptParked }: Pick<Operation, 'id' | 'acceptParked'>,
): Promise<Generation> =>
  db.transaction().execute(async (trx) => {
    await lockGenerations(trx);
    const begun = (await generations(trx, projection.name)).find((generation) => generation.operation === id);
    if (begun?.version === projection.version) return begun;
    if (begun) await drop(trx, begun); // by a process of another version, which is gone
    const made = await create(trx, projection, 'building', id);
    if (acceptParked)
      await sql`update projection.projections set parked_accepted = 'infinity'
        where name = ${made.name} and generation = ${made.generation}`.execute(trx);
    return made;
  });

/** Lets a previous generation catch up, to be live again; what it has parked already does not hold it up. */
export async function bringBack(trx: Tx, previous: Generation, operation?: string): Promise<Generation> {
  await sql`update projection.projections set state = 'building', frozen = false, operation = ${operation ?? null}::uuid,
      replaced_at = null, parked_accepted = now()
    where name = ${previous.name} and generation = ${previous.generation}`.execute(trx);
  return { ...previous, state: 'building', operation, replacedAt: undefined };
}

/** Makes its tables too. */
export async function create(
  trx: Tx,
  projection: Projection,
  state: GenerationState,
  operation?: string,
): Promise<Generation> {
  const { name, version } = projection;
  const { rows } = await sql<{ generation: number }>`
    insert into projection.projections (name, generation, version, state, operation)
    select ${name}, coalesce(max(generation), 0) + 1, ${version}, ${state}, ${operation ?? null}::uuid
      from projection.projections where name = ${name}
    returning generation`.execute(trx);
  const { generation } = rows[0]!;
  const fresh = { checkpoint: undefined, caughtUp: false, indexed: false, replacedAt: undefined };
  const made: Generation = { name, generation, version, state, operation, ...fresh };
  for (const table of tablesOf(projection)) await createTable(trx, tableNames(made)(table), table);
  return made;
}

/**
 * Makes a generation that has caught up live. Gives up after half a second when readers hold the views, before Postgres
 * cancels one. `seen`: where the shown one was before the last pass.
 */
export const promote = (db: Kysely<unknown>, projection: Projection, built: Generation, seen = -1n) =>
  db.transaction().execute(async (trx): Promise<Generation | { readonly behind: bigint }> => {
    await takeTurn(trx);
    const { rows } = await sql<{ checkpoint: string | null }>`select checkpoint from projection.projections
      where name = any(${[projection.name, ...(projection.replaces ?? [])]}) and state = 'live' for update`.execute(
      trx,
    );
    const shown = rows.map(({ checkpoint }) => BigInt(checkpoint ?? -1)).reduce((a, b) => (a > b ? a : b), -1n);
    // Readers would see sessions go back.
    if (shown > (built.checkpoint ?? -1n) && shown > seen) return { behind: shown };
    for (const other of await generations(trx, projection.name))
      if (other.state === 'building' && other.generation < built.generation) await drop(trx, other);
    return swap(trx, projection, built);
  });

/** The live generation becomes the previous one, and the one before that is gone. */
export async function swap(trx: Tx, projection: Projection, built: Generation): Promise<Generation> {
  for (const other of await generations(trx, projection.name)) {
    if (other.generation === built.generation) continue;
    if (other.state === 'previous' && !(await isKept(trx, other, built.version))) await drop(trx, other);
    if (other.state === 'live') await setState(trx, other, 'previous', other.version === built.version);
  }
  for (const other of await liveReplaced(trx, projection)) await setState(trx, other, 'previous');
  const live = await setState(trx, built, 'live');
  await showInViews(trx, projection, tableNames(live));
  return live;
}

/** Whether a process of another version still writes it; without it, that one would start again from nothing. */
export const isKept = async (trx: Tx, generation: Generation, ours: number | undefined): Promise<boolean> =>
  generation.version !== ours && (await isLedIn(trx, generation));

/** Lets one process at a time change generations, without making readers wait for long. */
export async function takeTurn(trx: Tx): Promise<void> {
  await lockGenerations(trx);
  await sql`set local lock_timeout = '500ms'`.execute(trx);
}

/** Also detaches it from its operation. */
export async function setState(
  trx: Tx,
  generation: Generation,
  state: GenerationState,
  frozen = false,
): Promise<Generation> {
  await sql`update projection.projections set state = ${state}::text, frozen = ${frozen}, operation = null,
      replaced_at = case when ${state}::text = 'previous' then now() end
    where name = ${generation.name} and generation = ${generation.generation}`.execute(trx);
  return { ...generation, state, operation: undefined };
}

export async function drop(trx: Tx, { name, generation }: Generation): Promise<void> {
  const { rows } = await sql<{ tablename: string }>`select tablename from pg_tables
    where schemaname = 'projection' and starts_with(tablename, ${`${name}_${generation}_`})`.execute(trx);
  for (const { tablename } of rows) await sql`drop table ${sql.id('projection', tablename)}`.execute(trx);
  await sql`delete from projection.projections where name = ${name} and generation = ${generation}`.execute(trx);
}

export const tableNames =
  ({ name, generation }: GenerationId): TableName =>
  (table: Table) =>
    `projection."${name}_${generation}_${table.name}"`;

/** The projection's own tables and the engine's table of states. */
export const tablesOf = ({ tables }: Projection): readonly Table[] => [...tables, streamStates];
