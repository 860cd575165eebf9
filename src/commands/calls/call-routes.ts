import { randomUUID } from 'node:crypto';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Logger } from 'pino';
import type { EventLog } from '../../events/event-log.ts';
import { digestOf } from '../../events/identity.ts';
import { type Authenticate, type CallerEnv, requireScope } from '../../http/bearer.ts';
import { problemRoutes } from '../../http/failures.ts';
import { IdempotencyKey } from '../../http/parameters.ts';
import { bodyRefusals, factUnreadable, json, jsonBody, problem, problemResponse } from '../../http/problem.ts';
import { limitedBody } from '../../http/request-body.ts';
import { CallSession } from '../../http/resources.ts';
import type { TenantDirectory } from '../../tenants/tenant.ts';
import { keyReused, type ShownAfter, shownAfter, staffRefusals } from '../command-routes.ts';
import { CallBody, orderOf } from './call-order.ts';
import { sessionOfKey, useKey } from './claims.ts';
import type { Placements } from './placements.ts';
import { refused } from './refusals.ts';
import type { RetellApi } from './retell-api.ts';
import type { SessionRecord } from './session-record.ts';

export type CallRoutesDeps = {
  readonly log: EventLog;
  readonly authenticate: Authenticate;
  readonly tenants: Pick<TenantDirectory, 'get'>;
  /** Undefined: the tenant has no key for Retell's API. */
  readonly retellOf: (tenantId: string) => RetellApi | undefined;
  readonly placements: Placements;
  readonly sessionAfter: ShownAfter<CallSession>;
  readonly logger: Logger;
};

/** `POST /api/calls`: asks Retell for a call (A1). */
export function callRoutes(deps: CallRoutesDeps): OpenAPIHono<CallerEnv> {
  const { log, logger } = deps;
  const routes = problemRoutes<CallerEnv>(logger);

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/calls',
      operationId: 'placeCall',
      tags: ['Calls'],
      summary: 'Place an outbound call',
      description:
        'The session is on record before Retell is asked, and one session is dialled at most once: a repeat with the same `callSessionId` or `Idempotency-Key` answers with the same session, or with the same refusal. Where Retell does not answer, the session is `pending` and settles by itself.',
      security: [{ apiKey: [] }],
      middleware: [requireScope(deps.authenticate, 'call'), limitedBody],
      request: {
        headers: z.object({ 'idempotency-key': IdempotencyKey }),
        ...jsonBody(CallBody, { fromNumber: '+442079460018', toNumber: '+447700900123', appointmentId: 'apt_987' }),
      },
      responses: {
        202: json(CallSession, 'The session.'),
        ...staffRefusals,
        ...bodyRefusals,
        402: problemResponse('`retell_payment_required`.'),
        409: problemResponse(
          '`retell_not_configured`, `retell_key_rejected`; `call_session_exists`: the session was requested with other content; `idempotency_key_reused`: the key came before with another body. ' +
            factUnreadable,
        ),
        403: problemResponse(
          '`missing_scope`: the key has neither `call` nor `write`, or the tenant asks for `call`; `destination_not_allowed`.',
        ),
        422: problemResponse('`retell_invalid_request`, `retell_not_found`, `retell_refused`: Retell refused.'),
        429: problemResponse(
          '`retell_rate_limited`, `retell_concurrency_limit`, `daily_limit_reached`; with Retry-After.',
        ),
        503: problemResponse(
          '`event_store_unavailable`: repeat the request; `retell_unreachable`, `request_expired`, `not_placed`: nobody was called.',
        ),
      },
    }),
    async (c) => {
      const { tenantId, keyId: by, scopes } = c.var.caller;
      const { settings } = deps.tenants.get(tenantId) ?? {};
      if (settings?.calls?.needsScope && !scopes.includes('call'))
        return problem(c, 403, 'missing_scope', { detail: 'This API key lacks the scope "call".' });
      const body = c.req.valid('json');
      const order = orderOf(body, settings?.defaultRegion);
      if ('errors' in order)
        return problem(c, 400, 'invalid_request', {
          detail: 'The request is not as documented.',
          errors: [...order.errors],
        });
      const retell = deps.retellOf(tenantId);
      if (retell === undefined)
        return problem(c, 409, 'retell_not_configured', {
          detail: "Set the tenant's retellApiKey; RETELL_API_KEY is that of tenant `default`.",
        });

      const key = c.req.valid('header')['idempotency-key'];
      const sessionId = body.callSessionId ?? (key === undefined ? `cs_${randomUUID()}` : sessionOfKey(tenantId, key));
      if (key !== undefined) {
        const requestDigest = digestOf({ order, callSessionId: body.callSessionId ?? null });
        const word = await useKey(log, { tenantId, key, callSessionId: sessionId, requestDigest });
        if (word === 'idempotency_key_reused') return keyReused(c);
      }
      const placed = await deps.placements.place(
        { tenantId, sessionId, order, requestDigest: digestOf(order), by },
        retell,
      );
      if (placed === 'call_session_exists')
        return problem(c, 409, 'call_session_exists', {
          detail: 'This callSessionId was requested with other content before. Use another one for another call.',
        });
      const { record, details } = placed;
      const location = `/api/call-sessions/${encodeURIComponent(sessionId)}`;
      if (record.failed !== undefined && record.placed.length === 0)
        return refused(c, record.failed, location, details);
      const shown = await shownAfter(deps.sessionAfter, logger, tenantId, sessionId, record.position);
      c.header('location', location);
      return c.json(shown ?? fromLog(tenantId, sessionId, record), 202);
    },
  );

  return routes;
}

/** What is known without the read model: what was asked for, and whether Retell has taken it. */
function fromLog(tenantId: string, id: string, { request, placed, facts, lastEventAt }: SessionRecord): CallSession {
  const { fromNumber, toNumber, agentId, appointmentId, contactId } = request?.data ?? {};
  return {
    id,
    tenantId,
    status: 'pending',
    statusReason: 'requested',
    direction: 'outbound',
    appointmentId,
    contactId,
    retellCallId: placed.at(-1),
    retellCallIds: [...placed],
    agentId,
    fromNumber,
    toNumber,
    customerPhone: toNumber,
    transferred: false,
    archived: false,
    createdAt: request!.recordedAt,
    requestedAt: request?.requestedAt,
    lastEventAt: lastEventAt!,
    revision: facts,
  };
}
