import { type QueryExecutorProvider, sql } from 'kysely';
import { isStorable } from '../../model/ids.ts';

/** What an operator sees of a parked stream; of live generations only, for what the views do not show concerns nobody. */
export type ParkedItem = {
  readonly id: string;
  readonly projection: string;
  readonly stream: string;
  /** Of the fact that breaks, as is `type`. */
  readonly revision: bigint;
  readonly position: bigint;
  readonly type: string;
  readonly error: string;
  readonly parkedAt: Date;
  /** Later events of the stream that queue behind it. */
  readonly waiting: number;
  /** Redrives that have failed. */
  readonly attempts: number;
  /** Somebody has asked for a redrive that is still to come. */
  readonly redriveRequested: boolean;
  /** Where it stands in the list. */
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

export type ParkedFilter = {
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

/** Has the leader of the projection try again; answers the item as it was, undefined when nothing is parked under this id. */
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
