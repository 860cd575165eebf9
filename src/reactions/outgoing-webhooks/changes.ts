import { type Kysely, sql } from 'kysely';
import type { NewsType } from '../../events/tenant-facts.ts';
import { appointmentChanged, outcomeChanged } from '../../read-api/live/feed-event.ts';
import { ticketOf } from '../../read-api/tickets.ts';

/** A change that may be news to an endpoint: a row of the views that the live feed reads, or of `ticket_changes`. */
export type Change = {
  readonly position: bigint;
  readonly type: NewsType;
  readonly tenantId: string;
  /** The id of the call, appointment or ticket. */
  readonly subject: string;
  /** The call that is behind it, which orders its deliveries. */
  readonly callId: string | null;
  readonly appointmentId: string | null;
  readonly changedAt: Date;
};

/** So many changes are read at once; a few more where one fact made several. */
export const PAGE = 500;

/** Each by its own index. In an order that a rebuild does not change. */
const sources = {
  outcome_changes: sql`1 as kind, 'call.outcome.changed' as type, call_id as subject, call_id, null as appointment_id`,
  appointment_changes: sql`2 as kind, 'appointment.changed' as type, appointment_id as subject, decided_by_call_id as call_id, appointment_id`,
  ticket_changes: sql`3 as kind, 'ticket.' || change as type, id as subject, call_id, null as appointment_id`,
};

/** A query of changes, in the order of the log. */
export const changesWhere = (where: ReturnType<typeof sql>, page = sql``) => {
  const parts = Object.entries(sources).map(
    ([view, columns]) =>
      sql`(select position, ${columns}, tenant_id, changed_at from ${sql.ref(view)} where ${where} ${page})`,
  );
  return sql`select * from (${sql.join(parts, sql` union all `)}) as changes ${page}`;
};

/** The changes behind a position, in order, all of a fact's or none; without a tenant those of all. */
export async function changesAfter(db: Kysely<unknown>, after: bigint, tenantId?: string): Promise<readonly Change[]> {
  const of = tenantId === undefined ? sql`` : sql`and tenant_id = ${tenantId}`;
  const page = sql`order by position fetch first ${sql.lit(PAGE)} rows with ties`;
  type Row = { position: string; kind: number; type: NewsType; tenant_id: string; changed_at: Date; subject: string };
  const { rows } = await sql<
    Row & { call_id: string | null; appointment_id: string | null }
  >`select * from (${changesWhere(sql`position > ${`${after}`}::bigint ${of}`, page)}) as page
    order by position, kind, subject`.execute(db);
  return rows.map(({ position, type, tenant_id, subject, call_id, appointment_id, changed_at }) => ({
    ...{ position: BigInt(position), type, subject, changedAt: changed_at },
    ...{ tenantId: tenant_id, callId: call_id, appointmentId: appointment_id },
  }));
}

const rowOf: Readonly<Record<NewsType, { readonly view: string; readonly id: string; toData(row: never): object }>> = {
  'call.outcome.changed': { view: 'outcome_changes', id: 'call_id', toData: outcomeChanged },
  'appointment.changed': { view: 'appointment_changes', id: 'appointment_id', toData: appointmentChanged },
  'ticket.opened': { view: 'ticket_changes', id: 'id', toData: ticketOf },
  'ticket.changed': { view: 'ticket_changes', id: 'id', toData: ticketOf },
};

/** What the live feed or the query API showed then; undefined: the read model does not show this change. */
export async function dataOf(
  db: Kysely<unknown>,
  { type, tenantId, position, subject, changedAt }: Pick<Change, Exclude<keyof Change, 'callId' | 'appointmentId'>>,
): Promise<object | undefined> {
  const { view, id, toData } = rowOf[type];
  const { rows } = await sql<{ row: object; changed_at: Date }>`
    select to_jsonb(v) as row, changed_at from ${sql.ref(view)} v
     where tenant_id = ${tenantId} and position = ${`${position}`}::bigint and ${sql.ref(id)} = ${subject}`.execute(db);
  const [found] = rows;
  // In a log that was restored another fact may be at this position.
  return found && found.changed_at.getTime() === changedAt.getTime() ? toData(found.row as never) : undefined;
}
