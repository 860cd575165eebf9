import { type Kysely, sql } from 'kysely';
import type { Generation, GenerationId } from './generations.ts';
import type { ParkedAt } from './parked.ts';

/** The default of `REBUILD_MAX_PARKED`. */
export const MAX_PARKED = 100;

/** More streams break in a generation that is built than odd facts account for: the code is wrong. */
export class TooManyParked extends Error {
  override readonly name = 'TooManyParked';
  readonly count: number;
  /** The first fact that breaks. */
  readonly fact: { readonly stream: string; readonly position: string; readonly type: string };
  constructor({ count, error, ...fact }: Counted, max: number) {
    super(
      `${count} streams that the live generation has not parked break in the one that is built, more than ` +
        `REBUILD_MAX_PARKED (${max}). The first is ${fact.stream}, with ${fact.type} at position ${fact.position}: ${error}`,
    );
    this.count = count;
    this.fact = { stream: fact.stream, position: fact.position, type: fact.type };
  }
}

type Counted = ParkedAt & { readonly count: number };

/** How many streams a generation has parked that no live one has, and the first; without accepted ones. */
async function unaccounted(db: Kysely<unknown>, { name, generation }: GenerationId): Promise<Counted | undefined> {
  const { rows } = await sql<Counted>`
    select count(*) over ()::integer as count, p.stream, p.position, p.type, p.error
      from projection.parked p
      join projection.projections g on g.name = p.projection and g.generation = p.generation
     where p.projection = ${name} and p.generation = ${generation}
       and (g.parked_accepted is null or p.parked_at > g.parked_accepted)
       and not exists (
         select from projection.projections live
           join projection.parked its on its.projection = live.name and its.generation = live.generation
          where live.state = 'live' and its.stream = p.stream)
     order by p.position limit 1`.execute(db);
  return rows[0];
}

/** Throws TooManyParked. */
export async function refuseTooManyParked(db: Kysely<unknown>, built: GenerationId, max: number): Promise<void> {
  const found = await unaccounted(db, built);
  if (found && found.count > max) throw new TooManyParked(found, max);
}

export const isHeldUp = async (db: Kysely<unknown>, { state, ...of }: Generation, max: number): Promise<boolean> =>
  state === 'building' && ((await unaccounted(db, of))?.count ?? 0) > max;

/** Lets the generation that a release builds go on, whatever it parks; undefined: there is none. */
export async function acceptParked(
  db: Kysely<unknown>,
  name: string,
): Promise<{ readonly generation: number; readonly parked: number } | undefined> {
  const { rows } = await sql<{ generation: number; parked: number }>`
    update projection.projections g set parked_accepted = 'infinity'
     where g.name = ${name} and g.generation = (select max(generation) from projection.projections
       where name = ${name} and state = 'building' and operation is null)
     returning g.generation, (select count(*)::integer from projection.parked p
       where p.projection = g.name and p.generation = g.generation) as parked`.execute(db);
  return rows[0];
}
