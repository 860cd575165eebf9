import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Logger } from 'pino';
import { appendDecided } from '../events/append-decided.ts';
import { decode, type Fact } from '../events/codec.ts';
import type { EventLog, NewEvent } from '../events/event-log.ts';
import { digestOf, uuidOf } from '../events/identity.ts';
import type { JsonObject } from '../events/json.ts';
import { type Endpoint, FactMetadata } from '../events/metadata.ts';
import type { Recorded } from '../events/recorded.ts';
import { callStream, ticketStream } from '../events/streams.ts';
import { callIdOfTicket, type TicketEvent, type TicketStatus, ticketStatuses } from '../events/ticket-facts.ts';
import { type Authenticate, type CallerEnv, requireScope } from '../http/bearer.ts';
import { failures } from '../http/failures.ts';
import { ticketPath } from '../http/parameters.ts';
import { badRequest, factUnreadable, json, problem, problemResponse } from '../http/problem.ts';
import { limitedBody } from '../http/request-body.ts';
import {
  bodyRefusals,
  IdempotencyKey,
  keyReused,
  requestIdOf,
  type ShownAfter,
  shownAfter,
  staffNote,
  staffRefusals,
} from './command-routes.ts';

/** What staff say of a ticket. */
type TicketSaid = { readonly status: TicketStatus; readonly note?: string | undefined };

type StatusSet = Extract<TicketEvent, { readonly type: 'TicketStatusSet' }>;

/** What staff said last, as the ticket's stream has it. What calls make of it stands in their streams. */
type LastSaid = { readonly said: TicketSaid; readonly recordedAt: string; readonly position: bigint };

const saidBy = ({ status, note }: StatusSet['data']): TicketSaid => ({
  status,
  ...(note !== undefined && { note }),
});

/** Of a request with an Idempotency-Key: what was said under the same key before. */
type Keyed = { readonly before: TicketSaid | undefined };

const same = (a: TicketSaid, b: TicketSaid) => digestOf(a) === digestOf(b);

/**
 * Sets the status. With an Idempotency-Key the same again is nothing, and something else under the same key is refused.
 *
 * Without one, a repeat of the last word is nothing, unless the call has been heard of since (`callPosition`, of its
 * newest fact): that may have opened the ticket again, and who closes it a second time means it (B15).
 */
function setStatus(
  last: LastSaid | undefined,
  said: TicketSaid,
  { callId, by, callPosition }: { readonly callId: string; readonly by: string; readonly callPosition: bigint },
  keyed?: Keyed,
): StatusSet[] | 'idempotency_key_reused' {
  if (keyed?.before !== undefined) return same(said, keyed.before) ? [] : 'idempotency_key_reused';
  if (keyed === undefined && last && same(said, last.said) && callPosition < last.position) return [];
  return [{ type: 'TicketStatusSet', data: { callId, ...said, by } }];
}

type TicketStatusCommand = {
  readonly tenantId: string;
  readonly ticketId: string;
  readonly said: TicketSaid;
  readonly idempotencyKey: string | undefined;
  /** The id of the API key. */
  readonly by: string;
  readonly at: string;
};

type RecordedTicketStatus = {
  readonly callId: string;
  /** What staff said last, with this. */
  readonly said: TicketSaid;
  readonly lastEventAt: string;
  /** Of the newest event of the ticket's stream. */
  readonly position: bigint | undefined;
  readonly changed: boolean;
};

const ticketEndpoints: readonly (Endpoint | undefined)[] = ['retell-inbound-ticket', 'retell-outbound-ticket'];

/** Records the status that staff give a ticket, from the log alone. Throws EventStoreUnavailable. */
async function recordTicketStatus(
  log: EventLog,
  command: TicketStatusCommand,
): Promise<RecordedTicketStatus | 'unknown_ticket' | 'idempotency_key_reused'> {
  const { tenantId, ticketId, said, idempotencyKey, by, at } = command;
  const callId = callIdOfTicket(ticketId);
  if (callId === undefined) return 'unknown_ticket';
  const calls = await log.read(callStream(tenantId, callId));
  if (!calls.some(bringsTicket)) return 'unknown_ticket';
  const callPosition = calls.at(-1)!.position;

  const stream = ticketStream(tenantId, ticketId);
  const requestId = requestIdOf(stream, idempotencyKey);
  let before: LastSaid | undefined;
  const result = await appendDecided<'idempotency_key_reused'>(log, stream, (seen) => {
    const statuses = statusesIn(seen);
    const newest = statuses.at(-1);
    before = newest && { ...newest, said: saidBy(newest.data) };
    const repeated = statuses.find(({ id }) => id === requestId);
    const keyed = requestId === undefined ? undefined : { before: repeated && saidBy(repeated.data) };
    const events = setStatus(before, said, { callId, by, callPosition }, keyed);
    if (typeof events === 'string') return events;
    const next = (seen.at(-1)?.revision ?? -1n) + 1n;
    const metadata: FactMetadata = { tenantId, source: 'command', receivedAt: at, $correlationId: callId };
    return events.map(
      ({ type, data }): NewEvent => ({
        id: requestId ?? uuidOf(stream, `${next}`, type, digestOf(data)),
        type,
        data: data as JsonObject,
        metadata: metadata as unknown as JsonObject,
      }),
    );
  });
  if (typeof result === 'string') return result;
  const { position, appended } = result;
  const changed = appended.length > 0;
  const last = changed || before === undefined ? { said, recordedAt: at } : before;
  return { callId, said: last.said, lastEventAt: last.recordedAt, position, changed };
}

/** A ticket is there from the first fact that a ticket endpoint took, whatever it says (B2). */
const bringsTicket = ({ metadata }: Recorded): boolean => {
  const read = FactMetadata.safeParse(metadata);
  return read.success && ticketEndpoints.includes(read.data.endpoint);
};

type RecordedStatus = Fact<Extract<TicketEvent, { readonly type: 'TicketStatusSet' }>>;

const statusesIn = (seen: readonly Recorded[]): RecordedStatus[] =>
  seen.flatMap((recorded) => {
    const fact = decode(recorded);
    return fact?.type === 'TicketStatusSet' ? [fact as RecordedStatus] : [];
  });

type TicketRoutesDeps = {
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
  routes.onError(failures(logger));

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
        200: json(ShownTicket, 'The ticket'),
        ...staffRefusals,
        ...bodyRefusals,
        404: problemResponse('`not_found`: there is no such ticket, or it is not yours.'),
        409: problemResponse(`\`idempotency_key_reused\`: the key came before with another body. ${factUnreadable}`),
      },
    }),
    async (c) => {
      const { tenantId, keyId: by } = c.var.caller;
      const ticketId = c.req.valid('param').id;
      const said = c.req.valid('json');
      const idempotencyKey = c.req.valid('header')['idempotency-key'];
      const at = now().toISOString();
      const result = await recordTicketStatus(log, { tenantId, ticketId, said, idempotencyKey, by, at });
      if (result === 'unknown_ticket') return problem(c, 404, 'not_found');
      if (result === 'idempotency_key_reused') return keyReused(c);
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
