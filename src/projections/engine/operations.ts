import { randomUUID } from 'node:crypto';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { JsonObject } from '../../events/json.ts';

export const operationKinds = ['rebuild', 'verify', 'swap_back', 'rewrite'] as const;
export type OperationKind = (typeof operationKinds)[number];

export const operationStates = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;
type OperationState = (typeof operationStates)[number];

/** Why one failed, without personal data. `position`, `stream` and `type` are of the first fact that breaks. */
export type OperationError = {
  readonly code: string;
  readonly message: string;
  readonly position?: string;
  readonly stream?: string;
  readonly type?: string;
};

/** What an operator has requested, or an erasure; carried out by the process that leads the projection. */
export type Operation = {
  readonly id: string;
  readonly kind: OperationKind;
  readonly projection: string;
  readonly state: OperationState;
  /** Goes on whatever it parks. */
  readonly acceptParked?: true;
  /** In positions of the log; absent until it has begun. `parked`: streams of the generation under construction. */
  readonly progress?: { readonly done: number; readonly total: number; readonly parked?: number };
  readonly result?: JsonObject;
  readonly error?: OperationError;
  readonly requestedAt: Date;
  readonly startedAt?: Date;
  readonly finishedAt?: Date;
};

/** Queues one, or returns the one that is open for this projection: there is at most one. */
export async function requestOperation(
  db: Kysely<unknown>,
  kind: OperationKind,
  projection: string,
  { acceptParked = false, position }: { acceptParked?: boolean | undefined; position?: bigint } = {},
): Promise<{ readonly queued: string } | { readonly underWay: Operation }> {
  for (;;) {
    const id = randomUUID();
    const { numAffectedRows } = await sql`
      insert into projection.operations (id, kind, projection, state, accept_parked, position)
      values (${id}, ${kind}, ${projection}, 'queued', ${acceptParked}, ${position === undefined ? null : `${position}`})
      on conflict (projection) where state in ('queued', 'running') do nothing`.execute(db);
    if (numAffectedRows === 1n) return { queued: id };
    const [underWay] = (await openOperations(db)).filter((operation) => operation.projection === projection);
    if (underWay) return { underWay }; // else it has just ended
  }
}

/** Whether a rewrite has succeeded that was requested when the read model was as far as this. */
export async function hasRewritten(db: Kysely<unknown>, projection: string, position: bigint): Promise<boolean> {
  const { rows } = await sql`select from projection.operations where kind = 'rewrite' and state = 'succeeded'
    and projection = ${projection} and position >= ${`${position}`}::bigint limit 1`.execute(db);
  return rows.length > 0;
}

/** The same of what an operation is to do: it was requested once more while the one before it ended. */
export async function isRewritten(db: Kysely<unknown>, id: string): Promise<boolean> {
  const { rows } = await sql`select from projection.operations o join projection.operations before
      on before.projection = o.projection and before.kind = o.kind and before.position >= o.position
    where o.id = ${id} and before.state = 'succeeded' limit 1`.execute(db);
  return rows.length > 0;
}

/** The newest first; without the differences that verifications list, which may be many. */
export const listOperations = (db: Kysely<unknown>, limit: number): Promise<Operation[]> =>
  select(db, sql`order by requested_at desc, id limit ${limit}`, sql`(result::jsonb - 'differences')::json`);

export const findOperation = async (db: Kysely<unknown>, id: string): Promise<Operation | undefined> =>
  (await select(db, sql`where id = ${id}`))[0];

export const openOperations = (db: Kysely<unknown>): Promise<Operation[]> =>
  select(db, sql`where state in ('queued', 'running') order by requested_at`);

/** Cancels it if it is open, and returns it; the process that carries it out notices and drops what it has built. */
export async function cancelOperation(db: Kysely<unknown>, id: string): Promise<Operation | undefined> {
  await end(db, id, 'cancelled', {});
  return findOperation(db, id);
}

/** False: it is no longer open. */
export async function beginOperation(db: Kysely<unknown>, id: string): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update projection.operations set state = 'running', started_at = coalesce(started_at, now())
     where id = ${id} and state in ('queued', 'running')`.execute(db);
  return numAffectedRows === 1n;
}

export async function saveProgress(db: Kysely<unknown>, id: string, done: bigint, total: bigint): Promise<void> {
  await sql`update projection.operations set done = ${`${done}`}::bigint, total = ${`${total}`}::bigint
     where id = ${id} and state = 'running'`.execute(db);
}

/** False: it was no longer open, and ended in another way. */
export const succeed = (db: Kysely<unknown>, id: string, result: JsonObject): Promise<boolean> =>
  end(db, id, 'succeeded', { result });

export const fail = (db: Kysely<unknown>, id: string, error: OperationError): Promise<boolean> =>
  end(db, id, 'failed', { error });

async function end(
  db: Kysely<unknown>,
  id: string,
  state: OperationState,
  { result, error }: { readonly result?: JsonObject; readonly error?: OperationError },
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update projection.operations set state = ${state}, finished_at = now(), result = ${json(result)}::json,
      error = ${json(error)}::json, done = case when ${state}::text = 'succeeded' then total else done end
     where id = ${id} and state in ('queued', 'running')`.execute(db);
  return numAffectedRows === 1n;
}

const json = (value: unknown) => (value === undefined ? null : JSON.stringify(value));

type Row = {
  id: string;
  kind: OperationKind;
  projection: string;
  state: OperationState;
  done: string | null;
  total: string | null;
  parked: number;
  accept_parked: boolean;
  result: JsonObject | null;
  error: OperationError | null;
  requested_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
};

async function select(
  db: Kysely<unknown>,
  which: RawBuilder<unknown>,
  result: RawBuilder<unknown> = sql`result`,
): Promise<Operation[]> {
  const { rows } = await sql<Row>`
    select id, kind, projection, state, done, total, ${result} as result, error, accept_parked,
           requested_at, started_at, finished_at,
           (select count(*)::integer from projection.projections g
              join projection.parked p on p.projection = g.name and p.generation = g.generation
             where g.name = o.projection and g.operation = o.id) as parked
      from projection.operations o ${which}`.execute(db);
  return rows.map(({ id, kind, projection, state, done, total, parked, result, error, accept_parked, ...at }) => ({
    ...{ id, kind, projection, state, requestedAt: at.requested_at },
    ...(accept_parked && { acceptParked: accept_parked }),
    ...(done !== null &&
      total !== null && { progress: { done: Number(done), total: Number(total), ...(parked > 0 && { parked }) } }),
    ...(result && { result }),
    ...(error && { error }),
    ...(at.started_at && { startedAt: at.started_at }),
    ...(at.finished_at && { finishedAt: at.finished_at }),
  }));
}
