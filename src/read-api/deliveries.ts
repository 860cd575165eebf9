import { createRoute, z } from '@hono/zod-openapi';
import { sql } from 'kysely';
import { only, sessionPath } from '../http/parameters.ts';
import { problem } from '../http/problem.ts';
import { instant } from '../http/resources.ts';
import { itemMaker, json, notFound, queryRoute, refusals } from './answers.ts';
import { findCallSession } from './call-session.ts';
import type { AsTenant, QueryApp } from './tenant-reads.ts';

/** A15, `retell_events`: one recorded fact about a call, and how it reached us. */
export const Delivery = z
  .object({
    id: z.string().openapi({ description: "The fact's id." }),
    callId: z.string().openapi({ description: "Retell's call id." }),
    event: z.string(),
    payloadDigest: z.string().optional().openapi({ description: 'SHA-256 of the body as it was signed.' }),
    source: z.enum(['webhook', 'reconciliation', 'command']),
    endpoint: z.string().optional(),
    occurredAt: instant,
    receivedAt: instant,
    recordedAt: instant,
    position: z.string().openapi({ description: 'In the whole log. A string: it exceeds what a JSON number holds.' }),
    revision: z.int().openapi({ description: "In the call's stream." }),
  })
  .openapi('Delivery');
export type Delivery = z.infer<typeof Delivery>;

const deliveryOf = itemMaker('deliveries', Delivery);

/** Index: deliveries (tenant_id, call_id). */
export const listDeliveries = (app: QueryApp, asTenant: AsTenant) =>
  app.openapi(
    createRoute({
      ...queryRoute(asTenant, 'Call sessions'),
      path: '/api/call-sessions/{id}/deliveries',
      operationId: 'listCallSessionDeliveries',
      summary: 'What was delivered about the calls of a session, oldest first',
      request: { params: sessionPath, query: only({}) },
      responses: {
        200: json(z.object({ items: z.array(Delivery) }).openapi('Deliveries'), 'All of them; there are no pages.'),
        404: notFound,
        ...refusals,
      },
    }),
    async (c) => {
      const session = await findCallSession(c.var.reads, c.req.valid('param').id);
      if (session === undefined) return problem(c, 404, 'not_found');
      const rows = await c.var.reads
        .deliveries()
        .selectAll()
        .where('call_id', '=', sql<string>`any(${session.retell_call_ids}::text[])`) // there may be none
        .orderBy('position')
        .execute();
      return c.json({ items: rows.map(deliveryOf) }, 200);
    },
  );
