import { type Kysely, type QueryExecutorProvider, sql } from 'kysely';
import { decode, type Fact } from '../../events/codec.ts';
import { type EventLog, readLeft } from '../../events/event-log.ts';
import type { Recorded } from '../../events/recorded.ts';
import type { Subscription } from '../../events/subscription.ts';
import { isStorable } from '../../model/ids.ts';
import type { BrokenFact } from './faults.ts';
import type { ReadApplied } from './fold-batch.ts';
import type { GenerationId } from './generations.ts';

/** A stream of which a generation applies nothing from its broken fact on; its rows stay as they were before. */
export type ParkedStream = {
  /** `<projection>.<generation>.<position of the fact at which it was parked first>` */
  readonly id: string;
  readonly stream: string;
  /** Of the fact that breaks, as are position and type. */
  readonly revision: bigint;
  readonly position: bigint;
  readonly type: string;
  readonly error: string;
};

/** By stream; only the leader of the generation changes them. */
export type ParkedStreams = ReadonlyMap<string, ParkedStream>;

/** In the order of the log. */
export async function parkedStreams(db: QueryExecutorProvider, of: GenerationId): Promise<Map<string, ParkedStream>> {
  const { rows } = await sql<ParkedStream>`
    select id, stream, revision, position, type, error from projection.parked
     where projection = ${of.name} and generation = ${of.generation} order by position`.execute(db);
  const exact = rows.map((row) => ({ ...row, revision: BigInt(row.revision), position: BigInt(row.position) }));
  return new Map(exact.map((row) => [row.stream, row]));
}

export async function countParked(db: QueryExecutorProvider, of: GenerationId): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from projection.parked
     where projection = ${of.name} and generation = ${of.generation}`.execute(db);
  return rows[0]!.count;
}

/** Where a stream was parked, and why, for a person to read. */
export type ParkedAt = Pick<ParkedStream, 'stream' | 'type' | 'error'> & { readonly position: string };

/** In the order of the log. */
export const parkedAt = async (db: QueryExecutorProvider, of: GenerationId): Promise<ParkedAt[]> =>
  [...(await parkedStreams(db, of)).values()].map(({ stream, position, type, error }) => ({
    ...{ stream, position: `${position}`, type, error },
  }));

/** The first fact of a stream that breaks, and how many events wait behind it. */
export type BrokenStream = { readonly broken: BrokenFact; readonly waiting: number };

export const parkedAs = (id: string, { broken: { fact, reason } }: BrokenStream): ParkedStream => ({
  ...{ ...fact, id, error: reason },
});

/** In the transaction that moves the checkpoint beyond the broken facts. */
export async function park(
  trx: Kysely<unknown>,
  of: GenerationId,
  some: readonly BrokenStream[],
): Promise<ParkedStream[]> {
  const parked = some.map((one) => parkedAs(`${of.name}.${of.generation}.${one.broken.fact.position}`, one));
  const rows = parked.map(({ revision, position, ...row }, i) => ({
    ...{ ...row, revision: `${revision}`, position: `${position}`, waiting: some[i]!.waiting },
  }));
  await sql`insert into projection.parked (id, projection, generation, stream, revision, position, type, error, waiting)
    select id, ${of.name}, ${of.generation}, stream, revision, position, type, error, waiting
      from json_to_recordset(${JSON.stringify(rows)}::json) as r(id text, stream text, revision bigint,
        position bigint, type text, error text, waiting integer)`.execute(trx);
  return parked;
}

/** Counts further events of parked streams, in the transaction that moves the checkpoint beyond them. */
export async function countWaiting(
  trx: Kysely<unknown>,
  of: GenerationId,
  waiting: ReadonlyMap<string, number>,
): Promise<void> {
  if (waiting.size === 0) return;
  const rows = [...waiting].map(([stream, more]) => ({ stream, more }));
  await sql`update projection.parked p set waiting = waiting + r.more
      from json_to_recordset(${JSON.stringify(rows)}::json) as r(stream text, more integer)
     where p.projection = ${of.name} and p.generation = ${of.generation} and p.stream = r.stream`.execute(trx);
}

/** The parked streams that an operator wants redriven. */
export async function requestedRedrives(db: Kysely<unknown>, of: GenerationId): Promise<string[]> {
  const { rows } = await sql<{ stream: string }>`
    select stream from projection.parked
     where projection = ${of.name} and generation = ${of.generation} and redrive_requested_at is not null
     order by redrive_requested_at, position`.execute(db);
  return rows.map(({ stream }) => stream);
}

export const unpark = (trx: Kysely<unknown>, id: string) =>
  sql`delete from projection.parked where id = ${id}`.execute(trx);

/** After a redrive that failed, perhaps at a later fact. */
export const parkAgain = (trx: Kysely<unknown>, id: string, { broken: { fact, reason }, waiting }: BrokenStream) =>
  sql`update projection.parked
         set revision = ${`${fact.revision}`}::bigint, position = ${`${fact.position}`}::bigint, type = ${fact.type},
             error = ${reason}, waiting = ${waiting}, attempts = attempts + 1, redrive_requested_at = null
       where id = ${id}`.execute(trx);

/** Reads facts that a generation has applied: up to a position, and of parked streams up to what broke. */
export const readApplied =
  (log: EventLog, parked: ParkedStreams): ReadApplied =>
  async (streams, upTo) => {
    const recorded = (await Promise.all(streams.map((stream) => readLeft(log, stream)))).flat();
    const applied = recorded.filter((event) => event.position <= upTo && isBeforeBroken(event, parked));
    return applied.sort((a, b) => (a.position < b.position ? -1 : 1)).flatMap(factOrNot);
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

const isBeforeBroken = ({ stream, revision }: Recorded, parked: ParkedStreams): boolean => {
  const broken = parked.get(stream);
  return !broken || revision < broken.revision;
};

/** The log as a generation has applied it: without what waits in parked streams. */
export const excludeParked = (log: EventLog, parked: ParkedStreams): EventLog =>
  parked.size === 0 ? log : { ...log, subscribe: (options) => applicable(log.subscribe(options), parked) };

async function* applicable(subscription: Subscription, parked: ParkedStreams) {
  for await (const batch of subscription)
    yield { ...batch, events: batch.events.filter((event) => isBeforeBroken(event, parked)) };
}

/** Whether a fold up to a checkpoint holds for what is parked now: no stream was redriven, or parked at a folded fact. */
export const isFoldStillValid = (before: ParkedStreams, now: ParkedStreams, checkpoint = -1n): boolean =>
  [...before].every(([stream, { revision }]) => now.get(stream)?.revision === revision) &&
  [...now].every(([stream, { position }]) => before.has(stream) || position > checkpoint);

/** What an operator sees of a stream that a live generation has parked. */
export type ParkedItem = ParkedStream & {
  readonly projection: string;
  readonly parkedAt: Date;
  /** Later events of the stream that queue behind it. */
  readonly waiting: number;
  /** Redrives that have failed. */
  readonly attempts: number;
  /** A redrive is requested and still to come. */
  readonly redriveRequested: boolean;
  /** In the list. */
  readonly place: ParkedPlace;
};

/** When it was parked, to the microsecond, and its id. */
export type ParkedPlace = readonly [parkedAt: string, id: string];

type Row = {
  id: string;
  projection: string;
  stream: string;
  revision: string;
  position: string;
  type: string;
  error: string;
  parked_at: Date;
  waiting: number;
  attempts: number;
  requested: boolean;
  exactly: string;
};

type ParkedFilter = {
  readonly projection?: string | undefined;
  readonly limit: number;
  readonly after?: ParkedPlace | undefined;
};

/** The newest first. None before any projection has run on this database. */
export async function listParked(
  db: QueryExecutorProvider,
  { projection, limit, after }: ParkedFilter,
): Promise<ParkedItem[]> {
  if (projection !== undefined && !isStorable(projection)) return [];
  const ofProjection = projection === undefined ? sql`true` : sql`p.projection = ${projection}`;
  const behind = after
    ? sql`(p.parked_at < ${after[0]}::timestamptz or (p.parked_at = ${after[0]}::timestamptz and p.id > ${after[1]}))`
    : sql`true`;
  return select(db, sql`${ofProjection} and ${behind} order by p.parked_at desc, p.id limit ${limit}`);
}

export const findParked = async (db: QueryExecutorProvider, id: string): Promise<ParkedItem | undefined> =>
  isStorable(id) ? (await select(db, sql`p.id = ${id}`))[0] : undefined;

export const findParkedStream = async (
  db: QueryExecutorProvider,
  { projection, stream }: Pick<ParkedItem, 'projection' | 'stream'>,
): Promise<ParkedItem | undefined> => (await select(db, sql`p.projection = ${projection} and p.stream = ${stream}`))[0];

/** Has the projection's leader try again. Returns the item as it was; undefined when nothing is parked under this id. */
export async function requestRedrive(db: QueryExecutorProvider, id: string): Promise<ParkedItem | undefined> {
  const before = await findParked(db, id);
  if (before)
    await sql`update projection.parked set redrive_requested_at = coalesce(redrive_requested_at, now())
      where id = ${id}`.execute(db);
  return before;
}

async function select(db: QueryExecutorProvider, which: ReturnType<typeof sql>): Promise<ParkedItem[]> {
  const { rows } = await sql<Row>`
    select p.*, p.redrive_requested_at is not null as requested,
           to_char(p.parked_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as exactly
      from projection.parked p
      join projection.projections g on g.name = p.projection and g.generation = p.generation and g.state = 'live'
     where ${which}`.execute(db);
  return rows.map((row) => ({
    ...{ id: row.id, projection: row.projection, stream: row.stream, type: row.type, error: row.error },
    revision: BigInt(row.revision),
    position: BigInt(row.position),
    parkedAt: row.parked_at,
    waiting: row.waiting,
    attempts: row.attempts,
    redriveRequested: row.requested,
    place: [row.exactly, row.id],
  }));
}
