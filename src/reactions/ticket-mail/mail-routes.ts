import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Logger } from 'pino';
import type { EventLog } from '../../events/event-log.ts';
import { ticketIdOf } from '../../events/ticket-facts.ts';
import { type AdminAccess, administratorOf, adminRoute } from '../../http/bearer.ts';
import { DatabaseUnavailable, problemRoutes } from '../../http/failures.ts';
import { pathId } from '../../http/parameters.ts';
import { factUnreadable, goneForGood, json, problem, problemResponse } from '../../http/problem.ts';
import { normalTicketId } from '../../model/ids.ts';
import type { TenantDirectory } from '../../tenants/tenant.ts';
import { redriveTicketMail } from './redrive.ts';
import { previewTicketMail } from './render.ts';
import type { TicketMail } from './start.ts';

type MailRoutesDeps = {
  readonly log: EventLog;
  readonly tenants: TenantDirectory;
  readonly mail: TicketMail;
  readonly access: AdminAccess;
  readonly logger: Logger;
};

const TicketPath = z.object({
  id: pathId(),
  ticketId: pathId('ticketId', normalTicketId),
});
export const Rendered = z.object({ subject: z.string(), text: z.string(), html: z.string() }).openapi('TicketMail');
export const DeadLetters = z
  .object({
    items: z.array(
      z.object({
        tenantId: z.string(),
        ticketId: z.string(),
        opening: z.int(),
        reason: z.string().openapi({ description: 'A step and a code, such as `rcpt_to_550`.' }),
        since: z.string(),
      }),
    ),
  })
  .openapi('MailDeadLetters');

const refusals = {
  401: problemResponse('Not the admin key.'),
  404: problemResponse('`unknown_ticket`.'),
  409: problemResponse(factUnreadable),
  410: goneForGood,
  503: problemResponse('A store does not answer; repeat the request.'),
};

/** What an operator does with tickets' mails, with ADMIN_KEY; mounted where the role `react` is. */
export function mailRoutes({ log, tenants, mail, access, logger }: MailRoutesDeps): OpenAPIHono {
  const routes = problemRoutes(logger);
  const common = adminRoute(access, 'Ticket mail', 'operations');

  routes.openapi(
    createRoute({
      ...adminRoute(access, 'Ticket mail', 'personal'),
      method: 'get',
      path: '/api/tenants/{id}/tickets/{ticketId}/mail',
      operationId: 'previewTicketMail',
      summary: 'The mail of a ticket as it would go out now; nothing is sent',
      request: { params: TicketPath },
      responses: { 200: json(Rendered, 'The mail. Personal data.'), ...refusals },
    }),
    async (c) => {
      const { id, ticketId } = c.req.valid('param');
      const tenant = tenants.get(id);
      const rendered = tenant && (await previewTicketMail(log, id, ticketId, tenant.settings));
      if (rendered === 'erased') return problem(c, 410, 'erased', { detail: 'The person of this ticket is erased.' });
      return rendered === undefined || rendered === 'unknown_ticket' ? unknown(c) : c.json(rendered, 200);
    },
  );

  routes.openapi(
    createRoute({
      ...common,
      method: 'post',
      path: '/api/tenants/{id}/tickets/{ticketId}/mail/redrive',
      operationId: 'redriveTicketMail',
      summary: 'Have the mail of a ticket tried once more',
      description: 'Given up, not sent for want of settings, or stuck. One that was sent is never sent again.',
      request: { params: TicketPath },
      responses: {
        200: json(z.object({ outcome: z.enum(['redriven', 'nothing_to_send', 'already_sent']) }), 'What came of it.'),
        ...refusals,
      },
    }),
    async (c) => {
      const { id, ticketId } = c.req.valid('param');
      const by = administratorOf(c).keyId;
      const outcome = tenants.get(id) ? await redriveTicketMail(log, id, ticketId, { by }) : 'unknown_ticket';
      return outcome === 'unknown_ticket' ? unknown(c) : c.json({ outcome }, 200);
    },
  );

  routes.openapi(
    createRoute({
      ...common,
      method: 'get',
      path: '/api/mail/dead-letters',
      operationId: 'listMailDeadLetters',
      summary: 'Mails that were given up, the oldest first',
      responses: { 200: json(DeadLetters, 'All of them; there are no pages.'), 401: refusals[401], 503: refusals[503] },
    }),
    async (c) => {
      const letters = await mail.deadLetters();
      if (letters === undefined)
        throw new DatabaseUnavailable('The queue of mails cannot be read now: Postgres does not answer.');
      const items = letters.map(({ callId, ...rest }) => ({ ...rest, ticketId: ticketIdOf(callId) }));
      return c.json({ items }, 200);
    },
  );
  return routes;
}

const unknown = (c: Context) => problem(c, 404, 'unknown_ticket', { detail: 'The tenant has no such ticket.' });
