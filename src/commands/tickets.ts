import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Logger } from 'pino';
import type { EventLog } from '../events/event-log.ts';
import { ticketStatuses } from '../events/ticket-facts.ts';
import { type Authenticate, type CallerEnv, requireScope } from '../http/bearer.ts';
import { ticketPath } from '../http/parameters.ts';
import { badRequest, problem, problemResponse } from '../http/problem.ts';
import { limitedBody } from '../http/request-body.ts';
import { factUnreadable, goneForGood } from '../http/unreadable-fact.ts';
import { commandErrors } from './command-routes.ts';
import { IdempotencyKey, keyReused } from './idempotency-key.ts';
import { type ShownAfter, shownAfter } from './shown-after.ts';
import { staffNote } from './staff-note.ts';
import { type RecordedTicketStatus, recordTicketStatus } from './tickets/record-ticket-status.ts';

export type TicketRoutesDeps = {
  readonly log: EventLog;
  readonly authenticate: Authenticate;
  readonly ticketAfter: ShownAfter;
  readonly logger: Logger;
  readonly now?: () => Date;
};

const Body = z.strictObject({ status: z.enum(ticketStatuses), note: staffNote.optional() });

/** The query API's ticket (its schema is generated there). */
const ShownTicket = z.looseObject({ id: z.string(), tenantId: z.string(), status: z.enum(ticketStatuses) });

/** `POST /api/tickets/{id}/status`: staff decide what a ticket is. */
export function ticketRoutes(deps: TicketRoutesDeps): OpenAPIHono<CallerEnv> {
  const { log, logger, now = () => new Date() } = deps;
  const routes = new OpenAPIHono<CallerEnv>({ defaultHook: badRequest });
  routes.onError(commandErrors(logger));

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/tickets/{id}/status',
      operationId: 'setTicketStatus',
      tags: ['Tickets'],
      summary: "Set a ticket's status",
      description:
        'Stands until a later fact of the call raises the need for action to required or transferred. Said again at once, it changes nothing more. Encode the id: "/" is `%2F`.',
      security: [{ apiKey: [] }],
      middleware: [requireScope(deps.authenticate, 'write'), limitedBody],
      request: {
        params: ticketPath,
        headers: z.object({ 'idempotency-key': IdempotencyKey }),
        body: { content: { 'application/json': { schema: Body } }, required: true },
      },
      responses: {
        200: { description: 'The ticket', content: { 'application/json': { schema: ShownTicket } } },
        400: problemResponse('Not as documented; `errors[]` names each.'),
        401: problemResponse('No API key, or an unknown or revoked one.'),
        403: problemResponse('The API key has no write scope.'),
        404: problemResponse('`not_found`: there is no such ticket, or it is not yours.'),
        409: problemResponse(`\`idempotency_key_reused\`: the key came before with another body. ${factUnreadable}`),
        410: goneForGood,
        413: problemResponse('Body over 64 KiB.'),
        415: problemResponse('Not JSON.'),
        503: problemResponse('`store_unavailable`: the event store did not confirm; repeat the request.'),
      },
    }),
    async (c) => {
      const { tenantId, keyId: by } = c.var.caller;
      const ticketId = c.req.valid('param').id;
      const said = c.req.valid('json');
      const idempotencyKey = c.req.valid('header')['idempotency-key'];
      const at = now().toISOString();
      const result = await recordTicketStatus(log, { tenantId, ticketId, said, idempotencyKey, by, at });
      if (result === 'unknown_ticket') return problem(c, 404, 'not_found') as never;
      if (result === 'idempotency_key_reused') return keyReused(c) as never;
      if (result.changed)
        logger.info({ event: 'ticket_status_set', tenantId, ticketId, keyId: by }, 'ticket status set');
      const shown = await shownAfter(deps.ticketAfter, logger, tenantId, ticketId, result.position);
      return c.json((shown ?? fromLog(tenantId, ticketId, result)) as z.infer<typeof ShownTicket>, 200);
    },
  );

  return routes;
}

/** docs/rules.md, "Tickets, customers, mail"; the others need nothing to be done. */
const active: readonly string[] = ['new', 'qualified', 'contacted'];

/** What is known without the read model: what staff said, not what the call was about. */
const fromLog = (tenantId: string, id: string, { callId, said: { status }, lastEventAt }: RecordedTicketStatus) => ({
  id,
  tenantId,
  callId,
  status,
  active: active.includes(status),
  statusReason: 'staff',
  setBy: 'staff',
  lastEventAt,
});
