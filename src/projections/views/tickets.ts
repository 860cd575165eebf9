import { callStream, ticketStream } from '../../events/streams.ts';
import { callIdOfTicket, ticketIdOf } from '../../events/ticket-facts.ts';
import { type Ticket, type TicketLog, ticketOf } from '../../model/ticket.ts';
import type { TicketCall } from '../../model/ticket-call.ts';
import { callKey, callStreamOf, type LinkRow, sessionCalls } from '../calls/session-calls.ts';
import type { Row, Table, Tables } from '../engine/table.ts';
import { columns, rowMaker } from '../tables.ts';
import type { ChangedCalls, View } from './view.ts';

export const ticketRows: Table = {
  name: 'tickets',
  columns: columns.tickets,
  key: ['tenant_id', 'id'],
  queryIndexes: [
    // For pages (read-api/keyset.ts); the columns after the order let Postgres reject rows in the index.
    '(tenant_id, created_at desc, id, direction)',
    '(tenant_id, status, created_at desc, id, direction)',
    '(tenant_id, active, created_at desc, id, direction)',
    `(tenant_id, coalesce(action_required::text, 'null'), created_at desc, id, active, status)`,
    '(tenant_id, mail, created_at desc, id)',
    // What finds few, which are then sorted. A call's ticket is found by its id.
    '(tenant_id, session_id)',
    '(tenant_id, customer_id) where customer_id is not null',
  ],
  view: Object.keys(columns.tickets),
};

/** One row per ticket (B2). */
export const tickets: View = {
  tables: [ticketRows],
  async save(tables, batch) {
    const touched = new Map<string, Touched>();
    for (const { id, calls } of batch.membership.touched)
      for (const call of calls) touched.set(callStream(call.tenantId, call.callId), { call, sessionId: id });
    for (const one of await onlyTheirLogs(tables, batch, touched))
      touched.set(callStream(one.call.tenantId, one.call.callId), one);
    await tables.upsert(ticketRows, await rowsOf(batch, [...touched.values()]));
  },
  streamsBehind: async (_, of, { tenant_id: tenantId, id }) =>
    of === ticketRows ? [ticketStream(tenantId as string, id as string)] : [],
};

/** A call whose ticket a batch may have changed, and the session that it belongs to. */
type Touched = { readonly call: TicketCall; readonly sessionId: string };

/** The calls whose tickets' own streams have changed, while nothing has in their sessions. */
async function onlyTheirLogs(
  tables: Tables,
  batch: ChangedCalls,
  touched: ReadonlyMap<string, Touched>,
): Promise<Touched[]> {
  const calls = [...batch.changed.values()].flatMap(({ after }) => {
    const callId = 'ticketId' in after ? callIdOfTicket(after.ticketId) : undefined;
    return callId === undefined || touched.has(callStream(after.tenantId, callId))
      ? []
      : [callKey({ tenantId: after.tenantId, callId })];
  });
  const links = await tables.select<LinkRow>(sessionCalls, sessionCalls.key, calls);
  const states = await batch.statesOf(links.map(callStreamOf));
  return links.flatMap((link) => {
    const call = states.get(callStreamOf(link)) as TicketCall | undefined;
    return call ? [{ call, sessionId: link.session_id }] : [];
  });
}

async function rowsOf(batch: ChangedCalls, touched: readonly Touched[]): Promise<Row[]> {
  const streamOf = ({ call }: Touched) => ticketStream(call.tenantId, ticketIdOf(call.callId));
  const withTicket = touched.filter(({ call }) => call.opened);
  const states = await batch.statesOf(withTicket.map(streamOf));
  return withTicket.map((one) => {
    const log = states.get(streamOf(one)) as TicketLog | undefined;
    return ticketRowOf(ticketOf({ call: one.call, log })!, one.sessionId);
  });
}

const rowOf = rowMaker('tickets');

/** The row of a ticket; what the query API shows is made of it. */
export const ticketRowOf = (ticket: Ticket, sessionId: string): Row => rowOf({ ...ticket, sessionId });
