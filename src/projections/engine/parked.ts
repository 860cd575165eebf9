import { type Kysely, sql } from 'kysely';
import type { CheckpointOf } from '../runtime/checkpoint.ts';
import type { BrokenFact } from './faults.ts';

/** A stream that a generation has set aside, from its broken fact on. Its rows stay as they were before that. */
export type ParkedStream = {
  /** `<projection>.<generation>.<position of the fact at which it was parked first>` */
  readonly id: string;
  readonly stream: string;
  /** Of the fact that breaks. */
  readonly revision: bigint;
};

/** By stream; what the leader of a generation knows, who alone changes them. */
export type ParkedStreams = ReadonlyMap<string, ParkedStream>;

/** Belongs to a generation and is gone with it. */
export const createParked = (db: Kysely<unknown>) =>
  sql`create table if not exists projection.parked (
    id text primary key,
    projection text not null,
    generation integer not null,
    stream text not null,
    revision bigint not null,
    position bigint not null,
    type text not null,
    error text not null,
    parked_at timestamptz not null default now(),
    waiting integer not null,
    attempts integer not null default 0,
    redrive_requested_at timestamptz,
    unique (projection, generation, stream),
    foreign key (projection, generation) references projection.projections on delete cascade
  )`.execute(db);

export async function parkedStreams(db: Kysely<unknown>, of: CheckpointOf): Promise<Map<string, ParkedStream>> {
  const { rows } = await sql<{ id: string; stream: string; revision: string }>`
    select id, stream, revision from projection.parked
     where projection = ${of.name} and generation = ${of.generation}`.execute(db);
  return new Map(rows.map(({ id, stream, revision }) => [stream, { id, stream, revision: BigInt(revision) }]));
}

export async function countParked(db: Kysely<unknown>, of: CheckpointOf): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from projection.parked
     where projection = ${of.name} and generation = ${of.generation}`.execute(db);
  return rows[0]!.count;
}

/** Where a generation has set a stream aside, and why: words for a person. */
export type ParkedAt = {
  readonly stream: string;
  readonly position: string;
  readonly type: string;
  readonly error: string;
};

/** In the order of the log. */
export async function parkedAt(db: Kysely<unknown>, of: CheckpointOf): Promise<ParkedAt[]> {
  const { rows } = await sql<ParkedAt>`select stream, position, type, error from projection.parked
     where projection = ${of.name} and generation = ${of.generation} order by position`.execute(db);
  return rows;
}

/** A fact that breaks, and how many stand behind it in its stream. */
export type Newly = { readonly broken: BrokenFact; readonly waiting: number };

/** In the transaction that moves the checkpoint beyond the broken facts. */
export async function park(trx: Kysely<unknown>, of: CheckpointOf, some: readonly Newly[]): Promise<ParkedStream[]> {
  const rows = some.map(({ broken: { fact, reason }, waiting }) => ({
    id: `${of.name}.${of.generation}.${fact.position}`,
    stream: fact.stream,
    revision: `${fact.revision}`,
    position: `${fact.position}`,
    type: fact.type,
    error: reason,
    waiting,
  }));
  await sql`insert into projection.parked (id, projection, generation, stream, revision, position, type, error, waiting)
    select id, ${of.name}, ${of.generation}, stream, revision, position, type, error, waiting
      from json_to_recordset(${JSON.stringify(rows)}::json) as r(id text, stream text, revision bigint,
        position bigint, type text, error text, waiting integer)`.execute(trx);
  return some.map(({ broken: { fact } }, i) => ({ id: rows[i]!.id, stream: fact.stream, revision: fact.revision }));
}

/** Counts later events of parked streams, by stream; in the transaction that moves the checkpoint beyond them. */
export async function queue(
  trx: Kysely<unknown>,
  of: CheckpointOf,
  waiting: ReadonlyMap<string, number>,
): Promise<void> {
  if (waiting.size === 0) return;
  const rows = [...waiting].map(([stream, more]) => ({ stream, more }));
  await sql`update projection.parked p set waiting = waiting + r.more
      from json_to_recordset(${JSON.stringify(rows)}::json) as r(stream text, more integer)
     where p.projection = ${of.name} and p.generation = ${of.generation} and p.stream = r.stream`.execute(trx);
}

/** The parked streams of a generation that somebody wants to be tried again. */
export async function wantedRedrives(db: Kysely<unknown>, of: CheckpointOf): Promise<string[]> {
  const { rows } = await sql<{ stream: string }>`
    select stream from projection.parked
     where projection = ${of.name} and generation = ${of.generation} and redrive_requested_at is not null
     order by redrive_requested_at, position`.execute(db);
  return rows.map(({ stream }) => stream);
}

export const unpark = (trx: Kysely<unknown>, id: string) =>
  sql`delete from projection.parked where id = ${id}`.execute(trx);

/** It was tried again and breaks still, perhaps at a later fact. */
export const keepParked = (trx: Kysely<unknown>, id: string, { broken: { fact, reason }, waiting }: Newly) =>
  sql`update projection.parked
         set revision = ${`${fact.revision}`}::bigint, position = ${`${fact.position}`}::bigint, type = ${fact.type},
             error = ${reason}, waiting = ${waiting}, attempts = attempts + 1, redrive_requested_at = null
       where id = ${id}`.execute(trx);
