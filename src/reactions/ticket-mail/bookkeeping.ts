import { type Kysely, sql } from 'kysely';
import type { Place, Recorded } from '../../events/recorded.ts';
import { parseStream } from '../../events/streams.ts';
import { ticketEventSchemas } from '../../events/ticket-facts.ts';
import { saveCheckpoint } from '../reaction.ts';
import { type MailKey, mailName } from './mail-record.ts';

/** Most of what waits for long are transfers of calls that no ticket endpoint will ever hear of. No older log is restored. */
export async function deleteOld(db: Kysely<unknown>): Promise<void> {
  await sql`delete from reactions.waiting_calls where since < now() - interval '90 days'`.execute(db);
  await sql`delete from reactions.mails_sent where seen_at < now() - interval '90 days'`.execute(db);
}

export type CallKey = { readonly tenantId: string; readonly callId: string };

/** Which of these calls wait for a fact that decides about their mail. */
export async function selectWaiting(db: Kysely<unknown>, calls: readonly CallKey[]): Promise<readonly CallKey[]> {
  if (calls.length === 0) return [];
  const { rows } = await sql<CallKey>`
    select w.tenant_id as "tenantId", w.call_id as "callId"
      from reactions.waiting_calls w join ${asRows(calls)} on w.tenant_id = c.tenant_id and w.call_id = c.call_id`.execute(
    db,
  );
  return rows;
}

/** `origin`: the log that says so. */
type SentMail = MailKey & { readonly origin: string; readonly messageId: string };

const { TicketMailSent } = ticketEventSchemas;

/** What the log says here of mails that went out. */
export const sentMails = (events: readonly Recorded[], origin: string): readonly SentMail[] =>
  events.flatMap(({ stream, type, data }) => {
    if (type !== 'TicketMailSent') return [];
    const { data: sent } = TicketMailSent.safeParse(data);
    const tenantId = parseStream(stream)?.tenantId;
    if (sent === undefined || tenantId === undefined) return [];
    const { callId, opening, messageId } = sent;
    return [{ origin, tenantId, callId, opening, messageId }];
  });

/** What this log had said of these calls' mails, whether or not it still does: message ids by `mailName`. */
export async function selectSent(
  db: Kysely<unknown>,
  calls: readonly CallKey[],
  origin: string,
): Promise<ReadonlyMap<string, string>> {
  if (calls.length === 0) return new Map();
  const { rows } = await sql<SentMail>`
    select m.tenant_id as "tenantId", m.call_id as "callId", m.opening, m.message_id as "messageId"
      from reactions.mails_sent m join ${asRows(calls)} on m.tenant_id = c.tenant_id and m.call_id = c.call_id
     where m.origin = ${origin}`.execute(db);
  return new Map(rows.map((mail) => [mailName(mail), mail.messageId]));
}

type FollowedBatch = {
  /** Of the checkpoint. */
  readonly origin: string;
  readonly place: Place;
  readonly waiting: readonly CallKey[];
  readonly settled: readonly CallKey[];
  readonly sent: readonly SentMail[];
};

/** Saves the waiting calls and the checkpoint in one transaction, after the jobs of a batch are in the queue. */
export const saveBatch = (db: Kysely<unknown>, { origin, place, waiting, settled, sent }: FollowedBatch) =>
  db.transaction().execute(async (trx) => {
    if (waiting.length > 0)
      await sql`insert into reactions.waiting_calls (tenant_id, call_id)
        select tenant_id, call_id from ${asRows(waiting)} on conflict do nothing`.execute(trx);
    if (settled.length > 0)
      await sql`delete from reactions.waiting_calls w using ${asRows(settled)}
        where w.tenant_id = c.tenant_id and w.call_id = c.call_id`.execute(trx);
    for (const { origin, tenantId, callId, opening, messageId } of sent)
      await sql`insert into reactions.mails_sent (origin, tenant_id, call_id, opening, message_id)
        values (${origin}, ${tenantId}, ${callId}, ${opening}, ${messageId}) on conflict do nothing`.execute(trx);
    await saveCheckpoint(trx, 'ticket-mail', origin, place);
  });

const asRows = (calls: readonly CallKey[]) => {
  const rows = calls.map(({ tenantId, callId }) => ({ tenant_id: tenantId, call_id: callId }));
  return sql`json_to_recordset(${JSON.stringify(rows)}::json) as c(tenant_id text, call_id text)`;
};
