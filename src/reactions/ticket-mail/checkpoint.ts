import { type Kysely, sql } from 'kysely';

/** Small and disposable: with all of it lost, the reaction reads the log again from where it began. */
export async function prepareTables(db: Kysely<unknown>): Promise<void> {
  await sql`create schema if not exists reactions`.execute(db);
  await sql`create table if not exists reactions.checkpoints (
    reaction text primary key, position numeric not null, origin text not null)`.execute(db);
  await sql`create table if not exists reactions.waiting_calls (
    tenant_id text not null, call_id text not null, since timestamptz not null default now(),
    primary key (tenant_id, call_id))`.execute(db);
  // Most of what waits for long are transfers of calls that no ticket endpoint will ever hear of.
  await sql`delete from reactions.waiting_calls where since < now() - interval '90 days'`.execute(db);
}

const REACTION = 'ticket-mail';

/**
 * A position is worth something with its origin only: this log, and the queue that the jobs up to there went into.
 * Undefined: begin at the beginning.
 */
export async function loadCheckpoint(db: Kysely<unknown>, origin: string): Promise<bigint | undefined> {
  const { rows } = await sql<{ position: string; origin: string }>`
    select position::text, origin from reactions.checkpoints where reaction = ${REACTION}`.execute(db);
  if (rows[0]?.origin === origin) return BigInt(rows[0].position);
  await sql`truncate reactions.checkpoints, reactions.waiting_calls`.execute(db);
  return undefined;
}

export type CallKey = { readonly tenantId: string; readonly callId: string };

/** Which of these calls somebody is needed for, while a fact that is still to come decides about the mail. */
export async function waitingAmong(db: Kysely<unknown>, calls: readonly CallKey[]): Promise<readonly CallKey[]> {
  if (calls.length === 0) return [];
  const { rows } = await sql<{ tenant_id: string; call_id: string }>`
    select w.tenant_id, w.call_id from reactions.waiting_calls w
    join json_to_recordset(${asRows(calls)}::json) as c(tenant_id text, call_id text)
      on w.tenant_id = c.tenant_id and w.call_id = c.call_id`.execute(db);
  return rows.map(({ tenant_id, call_id }) => ({ tenantId: tenant_id, callId: call_id }));
}

/** After the jobs of a batch are in the queue: what waits, and how far the log is read. One transaction. */
export async function saveBatch(
  db: Kysely<unknown>,
  batch: {
    readonly origin: string;
    readonly position: bigint;
    readonly waiting: readonly CallKey[];
    readonly settled: readonly CallKey[];
  },
): Promise<void> {
  const { origin, position, waiting, settled } = batch;
  await db.transaction().execute(async (trx) => {
    if (waiting.length > 0)
      await sql`insert into reactions.waiting_calls (tenant_id, call_id)
        select tenant_id, call_id from json_to_recordset(${asRows(waiting)}::json) as c(tenant_id text, call_id text)
        on conflict do nothing`.execute(trx);
    if (settled.length > 0)
      await sql`delete from reactions.waiting_calls w
        using json_to_recordset(${asRows(settled)}::json) as c(tenant_id text, call_id text)
        where w.tenant_id = c.tenant_id and w.call_id = c.call_id`.execute(trx);
    await sql`insert into reactions.checkpoints (reaction, position, origin)
      values (${REACTION}, ${`${position}`}, ${origin})
      on conflict (reaction) do update set position = excluded.position, origin = excluded.origin`.execute(trx);
  });
}

const asRows = (calls: readonly CallKey[]): string =>
  JSON.stringify(calls.map(({ tenantId, callId }) => ({ tenant_id: tenantId, call_id: callId })));
