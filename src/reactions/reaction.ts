import { type Kysely, sql } from 'kysely';
import type { Reaction } from './lead.ts';

/** Small and disposable: with all of it lost, a reaction reads the log again from where it began. */
export async function prepareCheckpoints(db: Kysely<unknown>): Promise<void> {
  await sql`create schema if not exists reactions`.execute(db);
  await sql`create table if not exists reactions.checkpoints (
    reaction text primary key, position numeric not null, origin text not null)`.execute(db);
}

/**
 * How far a reaction has read; undefined: from where it began. A position is worth something with its origin only: this
 * log, and whatever else the reaction's earlier work stands in.
 */
export async function loadCheckpoint(
  db: Kysely<unknown>,
  reaction: Reaction,
  origin: string,
): Promise<bigint | undefined> {
  const { rows } = await sql<{ position: string; origin: string }>`
    select position::text, origin from reactions.checkpoints where reaction = ${reaction}`.execute(db);
  return rows[0]?.origin === origin ? BigInt(rows[0].position) : undefined;
}

export async function saveCheckpoint(
  db: Kysely<unknown>,
  reaction: Reaction,
  origin: string,
  position: bigint,
): Promise<void> {
  await sql`insert into reactions.checkpoints (reaction, position, origin)
    values (${reaction}, ${`${position}`}, ${origin})
    on conflict (reaction) do update set position = excluded.position, origin = excluded.origin`.execute(db);
}
