import { type Kysely, sql } from 'kysely';
import { loadCheckpoint, prepareCheckpoints, saveCheckpoint } from '../reaction.ts';

export async function prepareTables(db: Kysely<unknown>): Promise<void> {
  await prepareCheckpoints(db);
  await sql`create table if not exists reactions.waiting_calls (
    tenant_id text not null, call_id text not null, since timestamptz not null default now(),
    primary key (tenant_id, call_id))`.execute(db);
  // Most of what waits for long are transfers of calls that no ticket endpoint will ever hear of.
  await sql`delete from reactions.waiting_calls where since < now() - interval '90 days'`.execute(db);
}

const REACTION = 'ticket-mail';

/** `origin`: this log, and the queue that the jobs up to there went into. Undefined: begin at the beginning. */
export async function loadPosition(db: Kysely<unknown>, origin: string): Promise<bigint | undefined> {
  const position = await loadCheckpoint(db, REACTION, origin);
  if (position === undefined) await sql`truncate reactions.waiting_calls`.execute(db);
  return position;
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
    await saveCheckpoint(trx, REACTION, origin, position);
  });
}

const asRows = (calls: readonly CallKey[]): string =>
  JSON.stringify(calls.map(({ tenantId, callId }) => ({ tenant_id: tenantId, call_id: callId })));
