import { createRoute, type z } from '@hono/zod-openapi';
import { type Expression, type RawBuilder, sql } from 'kysely';
import { only, sessionPath, wordsParameter } from '../http/parameters.ts';
import { problem } from '../http/problem.ts';
import { Appointment, CallSession, Ticket } from '../http/resources.ts';
import type { CallSessionRow } from '../projections/tables.ts';
import { itemMaker, json, notFound, queryRoute, refusals, unreadable } from './answers.ts';
import { appointmentOf } from './appointments.ts';
import { type AsOf, atParameter, type ExpandedRow, type Expansion, expandable } from './as-of.ts';
import { Customer, customerOf } from './customers.ts';
import type { AsTenant, QueryApp, TenantReads } from './tenant-reads.ts';
import { ticketOf } from './tickets.ts';

/** A session, and what `expand` names. */
const ExpandedCallSession = CallSession.extend({
  appointment: Appointment.optional(),
  ticket: Ticket.optional(),
  customer: Customer.optional(),
}).openapi('ExpandedCallSession', { description: 'With what `expand` names, as far as there is one.' });
export type ExpandedCallSession = z.infer<typeof ExpandedCallSession>;

/** In the statement that reads the session, so that all is of one moment. */
const expansions: { readonly [E in Expansion]: (reads: TenantReads) => RawBuilder<unknown> } = {
  appointment: (reads) =>
    rowIn(
      reads.appointments().select(sql`to_jsonb(appointments)`.as('row')).where('id', '=', ofSession('appointment_id')),
    ),
  ticket: (reads) =>
    rowIn(reads.tickets().select(sql`to_jsonb(tickets)`.as('row')).where('id', '=', ofSession('ticket_id'))),
  /** The ticket's, else the one with the session's number. */
  customer(reads) {
    const customers = reads.customers().select(sql`to_jsonb(customers)`.as('row'));
    const ofTicket = reads.tickets().select('customer_id').where('id', '=', ofSession('ticket_id'));
    const byPhone = customers.where('phone', '=', ofSession('customer_phone'));
    return sql`coalesce(${rowIn(customers.where('id', '=', ofTicket))}, ${rowIn(byPhone)})`;
  },
};
const ofSession = (column: keyof CallSessionRow) => sql<string>`${sql.ref(`call_sessions.${column}`)}`;
const rowIn = (query: Expression<unknown>) => sql`(${query})`;

const expandedOf = (row: ExpandedRow): ExpandedCallSession => ({
  ...callSessionOf(row),
  ...(row.appointment && { appointment: appointmentOf(row.appointment) }),
  ...(row.ticket && { ticket: ticketOf(row.ticket) }),
  ...(row.customer && { customer: customerOf(row.customer) }),
});

export const callSessionOf = itemMaker('call_sessions', CallSession);

const CALL = 'call:';

/** The Retell call id in `call:<Retell call id>`, or the bare one. */
export const callIdIn = (id: string): string => (id.startsWith(CALL) ? id.slice(CALL.length) : id);

/**
 * The session with this id, or with the call of this Retell id, with or without `call:` before it; an id in use as such
 * comes first (docs/rules.md, "Session").
 */
export async function findCallSession(
  reads: TenantReads,
  id: string,
  expand: readonly Expansion[] = [],
): Promise<ExpandedRow | undefined> {
  const expanded = [...new Set(expand)].map((one) => expansions[one](reads).as(one));
  const sessions = reads.callSessions().selectAll().select(expanded).$castTo<ExpandedRow>();
  const named = await sessions.where('id', '=', id).executeTakeFirst();
  if (named !== undefined) return named;
  return sessions
    .where('id', '=', reads.callSessionCalls().select('session_id').where('call_id', '=', callIdIn(id)))
    .executeTakeFirst();
}

const OneSession = only({
  at: atParameter.optional(),
  expand: wordsParameter(expandable, 'What is shown whole beside its id, of the same moment.').optional(),
});

export const getCallSession = (app: QueryApp, asTenant: AsTenant, asOf: AsOf['callSession']) =>
  app.openapi(
    createRoute({
      ...queryRoute(asTenant, 'Call sessions'),
      path: '/api/call-sessions/{id}',
      operationId: 'getCallSession',
      summary: 'One call session',
      description:
        'By its id, or by the Retell call id of any of its calls, bare or as `call:<Retell call id>`. Encode the id: "/" is `%2F`.',
      request: { params: sessionPath, query: OneSession },
      responses: { 200: json(ExpandedCallSession, 'The session.'), 404: notFound, ...unreadable, ...refusals },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const { at, expand } = c.req.valid('query');
      const row = await (at ? asOf(c.var.caller.tenantId, id, at, expand) : findCallSession(c.var.reads, id, expand));
      return row ? c.json(expandedOf(row), 200) : problem(c, 404, 'not_found');
    },
  );
