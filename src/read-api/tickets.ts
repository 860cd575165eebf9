import { createRoute, z } from '@hono/zod-openapi';
import { sql } from 'kysely';
import { ticketIdOf, ticketStatuses } from '../events/ticket-facts.ts';
import {
  booleanParameter,
  idParameter,
  instantParameter,
  only,
  ticketPath,
  wordsParameter,
} from '../http/parameters.ts';
import { problem } from '../http/problem.ts';
import { Ticket } from '../http/resources.ts';
import { ticketDirections } from '../model/call-fact.ts';
import { normalSessionId } from '../model/ids.ts';
import { mailStates } from '../model/ticket.ts';
import { itemMaker, json, notFound, queryRoute, refusals, unreadable } from './answers.ts';
import { type AsOf, atParameter } from './as-of.ts';
import { given, within } from './filters.ts';
import { listParameters, pageSchema } from './keyset.ts';
import type { AsTenant, QueryApp, TenantReads } from './tenant-reads.ts';

export const ticketOf = itemMaker('tickets', Ticket);

const Filter = listParameters({
  status: wordsParameter(ticketStatuses, 'Tickets with this status.').optional(),
  active: booleanParameter('Whether something is left to be done.').optional(),
  actionRequired: z
    .enum(['true', 'false', 'null'])
    .optional()
    .openapi({ description: 'What the analysis says; `null`: nothing that is understood.' }),
  mail: wordsParameter(mailStates, 'Tickets whose latest mail is in this state.').optional(),
  callId: idParameter().optional().openapi({ description: "Retell's call id." }),
  sessionId: idParameter(normalSessionId).optional().openapi({ description: 'Of calls in this session.' }),
  customerId: idParameter().optional().openapi({ description: 'Of calls with this customer.' }),
  direction: z.enum(ticketDirections).optional().openapi({ description: 'Of calls in this direction.' }),
  from: instantParameter('Created at this time or later.').optional(),
  to: instantParameter('Created before this time.').optional(),
});
type Filter = z.infer<typeof Filter>;

/**
 * Each filter has its index in `projections/views/`; `test/read-api/query-plans.test.ts` shows it used. A call's
 * ticket is found by its id, which names the call.
 */
const filtered = (reads: TenantReads, filter: Filter) =>
  reads
    .tickets()
    .selectAll()
    .where(
      given({
        status: filter.status,
        active: filter.active,
        mail: filter.mail,
        id: filter.callId === undefined ? undefined : ticketIdOf(filter.callId),
        session_id: filter.sessionId,
        customer_id: filter.customerId,
        direction: filter.direction,
      }),
    )
    .where(within(sql`created_at`, filter))
    .$if(filter.actionRequired !== undefined, (q) =>
      // As its index has it: null, too, is a value of which the newest are looked for.
      q.where(sql`coalesce(action_required::text, 'null')`, '=', filter.actionRequired!),
    );

export const listTickets = (app: QueryApp, asTenant: AsTenant) =>
  app.openapi(
    createRoute({
      ...queryRoute(asTenant, 'Tickets'),
      path: '/api/tickets',
      operationId: 'listTickets',
      summary: 'Tickets, newest first',
      description: 'By `createdAt` descending, then `id`. Filters are combined with "and".',
      request: { query: Filter },
      responses: { 200: json(pageSchema(Ticket, 'TicketPage'), 'A page of tickets.'), ...refusals },
    }),
    async (c) => {
      const filter = c.req.valid('query');
      const { rows, nextCursor } = await c.var.reads.page(filtered(c.var.reads, filter), filter);
      return c.json({ items: rows.map(ticketOf), nextCursor }, 200);
    },
  );

/** Index: tickets (tenant_id, id). */
export const getTicket = (app: QueryApp, asTenant: AsTenant, asOf: AsOf['ticket']) =>
  app.openapi(
    createRoute({
      ...queryRoute(asTenant, 'Tickets'),
      path: '/api/tickets/{id}',
      operationId: 'getTicket',
      summary: 'One ticket',
      description: 'Encode the id: "/" is `%2F`.',
      request: { params: ticketPath, query: only({ at: atParameter.optional() }) },
      responses: { 200: json(Ticket, 'The ticket.'), 404: notFound, ...unreadable, ...refusals },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const { at } = c.req.valid('query');
      const row = at
        ? await asOf(c.var.caller.tenantId, id, at)
        : await c.var.reads.tickets().selectAll().where('id', '=', id).executeTakeFirst();
      return row ? c.json(ticketOf(row), 200) : problem(c, 404, 'not_found');
    },
  );
