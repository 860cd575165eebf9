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
import { apiKey, itemMaker, json, notFound, refusals, unreadable } from './answers.ts';
import { type AsOf, atParameter } from './as-of.ts';
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
 * Each filter has its index in `projections/tickets/`; `test/read-api/query-plans.test.ts` shows it used. A call's
 * ticket is found by its id, which says the call.
 */
const filtered = (reads: TenantReads, filter: Filter) =>
  reads
    .tickets()
    .selectAll()
    .$if(filter.status !== undefined, (q) => q.where('status', 'in', filter.status!))
    .$if(filter.active !== undefined, (q) => q.where('active', '=', filter.active!))
    .$if(filter.actionRequired !== undefined, (q) =>
      // As its index has it: null, too, is a value of which the newest are looked for.
      q.where(sql`coalesce(action_required::text, 'null')`, '=', filter.actionRequired!),
    )
    .$if(filter.mail !== undefined, (q) => q.where('mail', 'in', filter.mail!))
    .$if(filter.callId !== undefined, (q) => q.where('id', '=', ticketIdOf(filter.callId!)))
    .$if(filter.sessionId !== undefined, (q) => q.where('session_id', '=', filter.sessionId!))
    .$if(filter.customerId !== undefined, (q) => q.where('customer_id', '=', filter.customerId!))
    .$if(filter.direction !== undefined, (q) => q.where('direction', '=', filter.direction!))
    .$if(filter.from !== undefined, (q) => q.where('created_at', '>=', filter.from!))
    .$if(filter.to !== undefined, (q) => q.where('created_at', '<', filter.to!));

export const listTickets = (app: QueryApp, asTenant: AsTenant) =>
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/tickets',
      operationId: 'listTickets',
      tags: ['Tickets'],
      summary: 'Tickets, newest first',
      description: 'By `createdAt` descending, then `id`. Filters are combined with "and".',
      security: apiKey,
      middleware: asTenant,
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
      method: 'get',
      path: '/api/tickets/{id}',
      operationId: 'getTicket',
      tags: ['Tickets'],
      summary: 'One ticket',
      description: 'Encode the id: "/" is `%2F`.',
      security: apiKey,
      middleware: asTenant,
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
