import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Logger } from 'pino';
import type { Fact } from '../events/codec.ts';
import { type Handled, handle, overFacts, withNext } from '../events/decider.ts';
import type { EventLog } from '../events/event-log.ts';
import { byCommand, FactMetadata } from '../events/metadata.ts';
import type { Recorded } from '../events/recorded.ts';
import { callStream, ticketStream } from '../events/streams.ts';
import { callIdOfTicket, type TicketEvent, type TicketStatus, ticketStatuses } from '../events/ticket-facts.ts';
import { type Authenticate, type CallerEnv, requireScope } from '../http/bearer.ts';
import { problemRoutes } from '../http/failures.ts';
import { IdempotencyKey, ticketPath } from '../http/parameters.ts';
import { bodyRefusals, factUnreadable, json, jsonBody, problem, problemResponse } from '../http/problem.ts';
import { limitedBody } from '../http/request-body.ts';
import { Ticket } from '../http/resources.ts';
import { inTurn, tenantShare } from '../http/tenant-share.ts';
import { makesTickets } from '../model/call-fact.ts';
import {
  COMMANDS_AT_ONCE,
  keyReused,
  NOT_SHOWN,
  requestIdOf,
  type ShownAfter,
  shownAfter,
  staffNote,
  staffRefusals,
} from './command-routes.ts';
import { ticketInLog } from './from-log.ts';

type StatusSet = Extract<TicketEvent, { readonly type: 'TicketStatusSet' }>;

/** The statuses that staff have set; the calls' own streams hold what calls make of the ticket. */
type Statuses = readonly Fact<StatusSet>[];

type SetStatus = {
  readonly callId: string;
  readonly status: TicketStatus;
  readonly note?: string | undefined;
  /** The id of the API key. */
  readonly by: string;
  /** Of the newest fact of the call. */
  readonly callPosition: bigint;
  /** The id of its event, where the request has an Idempotency-Key. */
  readonly requestId: string | undefined;
};

const repeats = ({ status, note }: SetStatus, { data }: StatusSet) => status === data.status && note === data.note;

/**
 * The last status again is nothing, unless a fact of the call came since: that may have opened the ticket again (B15).
 * Under an Idempotency-Key it is recorded once, and other content is refused.
 */
function setStatus(command: SetStatus, statuses: Statuses): readonly StatusSet[] | 'idempotency_key_reused' {
  const { callId, status, note, by, callPosition, requestId } = command;
  const before = statuses.find(({ id }) => id === requestId);
  if (before !== undefined) return repeats(command, before) ? [] : 'idempotency_key_reused';
  const last = statuses.at(-1);
  if (requestId === undefined && last && repeats(command, last) && callPosition < last.position) return [];
  return [{ type: 'TicketStatusSet', data: { callId, status, note, by } }];
}

const decider = {
  initialState: [],
  evolve: overFacts<Statuses, StatusSet>({ TicketStatusSet: true }, withNext),
  decide: setStatus,
};

type TicketStatusCommand = Pick<SetStatus, 'status' | 'note' | 'by'> & {
  readonly tenantId: string;
  readonly ticketId: string;
  readonly idempotencyKey: string | undefined;
};

/** Records the status that staff give a ticket, from the log alone. Throws EventStoreUnavailable. */
async function recordTicketStatus(
  log: EventLog,
  { tenantId, ticketId, idempotencyKey, ...set }: TicketStatusCommand,
): Promise<Handled<Statuses, StatusSet> | 'unknown_ticket' | 'idempotency_key_reused'> {
  const callId = callIdOfTicket(ticketId);
  if (callId === undefined) return 'unknown_ticket';
  const calls = await log.read(callStream(tenantId, callId));
  if (!calls.some(bringsTicket)) return 'unknown_ticket';
  const callPosition = calls.at(-1)!.position;

  const stream = ticketStream(tenantId, ticketId);
  const requestId = requestIdOf(stream, idempotencyKey);
  const command = { ...set, callId, callPosition, requestId };
  return handle(log, stream, decider, command, byCommand(tenantId, callId), () => requestId);
}

/** A ticket is there from the first fact that a ticket endpoint took, whatever it says (B2). */
const bringsTicket = ({ metadata }: Recorded): boolean => {
  const read = FactMetadata.safeParse(metadata);
  return read.success && makesTickets(read.data);
};

type TicketRoutesDeps = {
  readonly log: EventLog;
  readonly authenticate: Authenticate;
  readonly ticketAfter: ShownAfter<Ticket>;
  readonly logger: Logger;
};

const Body = z.strictObject({ status: z.enum(ticketStatuses), note: staffNote.optional() });

/** `POST /api/tickets/{id}/status`: staff decide what a ticket is. */
export function ticketRoutes(deps: TicketRoutesDeps): OpenAPIHono<CallerEnv> {
  const { log, logger } = deps;
  const record = inTurn(tenantShare(COMMANDS_AT_ONCE), (_, command: TicketStatusCommand) =>
    recordTicketStatus(log, command),
  );
  const routes = problemRoutes<CallerEnv>(logger);

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
        ...jsonBody(Body, { status: 'resolved' }),
      },
      responses: {
        200: json(Ticket, 'The ticket.'),
        ...staffRefusals,
        ...bodyRefusals,
        404: problemResponse('`not_found`: there is no such ticket, or it is not yours.'),
        409: problemResponse(`\`idempotency_key_reused\`: the key came before with another body. ${factUnreadable}`),
      },
    }),
    async (c) => {
      const { tenantId, keyId: by } = c.var.caller;
      const ticketId = c.req.valid('param').id;
      const idempotencyKey = c.req.valid('header')['idempotency-key'];
      const command = { ...c.req.valid('json'), tenantId, ticketId, idempotencyKey, by };
      const result = await record(tenantId, command);
      if (result === 'unknown_ticket') return problem(c, 404, 'not_found');
      if (result === 'idempotency_key_reused') return keyReused(c);
      if (result.appended.length > 0)
        logger.info({ event: 'ticket_status_set', tenantId, ticketId, keyId: by }, 'ticket status set');
      const shown = await shownAfter(deps.ticketAfter, logger, tenantId, ticketId, result.position);
      const { callId } = result.state.at(-1)!.data;
      const ticket = shown ?? (await ticketInLog(log, tenantId, ticketId, callId));
      return ticket ? c.json(ticket, 200) : problem(c, 503, 'read_model_unavailable', { detail: NOT_SHOWN });
    },
  );

  return routes;
}
