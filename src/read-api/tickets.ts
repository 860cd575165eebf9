import { createRoute, z } from '@hono/zod-openapi';
import { ticketIdOf, ticketStatuses } from '../events/ticket-facts.ts';
import { booleanParameter, idParameter, instantParameter, only, wordsParameter } from '../http/parameters.ts';
import { normalSessionId } from '../model/ids.ts';
import { apiKey, json, refusals } from './answers.ts';
import { pageSchema, paging } from './keyset.ts';
import type { AsTenant, QueryApp, TenantReads } from './tenant-reads.ts';
import { Ticket, ticketDirections, ticketOf } from './tickets/ticket.ts';

const Filter = only({
  status: wordsParameter(ticketStatuses, 'Tickets with this status.').optional(),
  active: booleanParameter('Whether something is left to be done.').optional(),
  callId: idParameter().optional().openapi({ description: "Retell's call id." }),
  sessionId: idParameter(normalSessionId).optional(),
  customerId: idParameter().optional(),
  direction: z.enum(ticketDirections).optional(),
  from: instantParameter('Created at this time or later.').optional(),
  to: instantParameter('Created before this time.').optional(),
  ...paging,
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
