import { createRoute } from '@hono/zod-openapi';
import { only, ticketPath } from '../../http/parameters.ts';
import { problem } from '../../http/problem.ts';
import { apiKey, json, notFound, refusals, unreadable } from '../answers.ts';
import { type AsOf, atParameter } from '../as-of.ts';
import type { AsTenant, QueryApp } from '../tenant-reads.ts';
import { Ticket, ticketOf } from './ticket.ts';

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
