import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { newsTypes } from '../../events/tenant-facts.ts';
import type { CallerEnv } from '../../http/bearer.ts';
import { instant, limitParameter, only, pathId } from '../../http/parameters.ts';
import { bodyRefusals, json, jsonBody, problem, problemResponse, uncached } from '../../http/problem.ts';
import type { WebhookEndpoint } from '../../tenants/webhook-endpoints.ts';
import { EndpointPath, noEndpoint, notFound, refusals } from './answers.ts';
import {
  type Delivery,
  deliveryStates,
  type EndpointKey,
  type From,
  listDeliveries,
  queueTest,
  replay,
  retry,
  webhookIdOf,
} from './deliveries.ts';
import type { OutgoingWebhooks } from './start.ts';

type Parts = {
  readonly common: { tags: string[]; security: { apiKey: string[] }[]; middleware: MiddlewareHandler<CallerEnv>[] };
  readonly find: (tenantId: string, id: string) => WebhookEndpoint | undefined;
  readonly outgoing: Pick<OutgoingWebhooks, 'db' | 'wake'>;
};

export const DeliveryItem = z
  .object({
    id: z.string(),
    webhookId: z.string().openapi({ description: 'The header `webhook-id`: the same across retries and replays.' }),
    type: z.enum([...newsTypes, 'endpoint.test']),
    state: z.enum(deliveryStates),
    attempts: z.int(),
    lastStatus: z.int().optional().openapi({ description: 'Of the last attempt, if it was answered.' }),
    lastFailure: z.string().optional().openapi({
      example: 'no_answer_in_time',
      description: 'Why the last attempt was not answered; `gone`: what it was about cannot be shown any more.',
    }),
    nextAttemptAt: z.iso.datetime().optional().openapi({ description: 'Of one that is pending.' }),
  })
  .openapi('WebhookDelivery');

const itemOf = (delivery: Delivery): z.infer<typeof DeliveryItem> => {
  const { id, type, state, attempts, lastStatus, lastFailure, dueAt } = delivery;
  return {
    ...{ id, webhookId: webhookIdOf(delivery), type, state, attempts },
    ...(lastStatus !== null && { lastStatus }),
    ...(lastFailure !== null && { lastFailure }),
    ...(state === 'pending' && { nextAttemptAt: dueAt.toISOString() }),
  };
};

const NO_CURSOR = 'must be a nextCursor of this list';
const Query = only({
  state: z.enum(deliveryStates).optional().openapi({ description: '`dead`: given up.' }),
  limit: limitParameter,
  cursor: z
    .string()
    .regex(/^\d{1,18}$/, NO_CURSOR)
    .transform(BigInt)
    .optional()
    .openapi({ type: 'string', description: 'The `nextCursor` of the page before, with the same `state`.' }),
});

const keyOf = ({ tenantId, id }: WebhookEndpoint): EndpointKey => ({ tenantId, endpointId: id });

const POSITION = /^\d{1,19}$/;
const from = z
  .union([z.int().min(0), z.string()])
  .transform((value, context): From => {
    if (POSITION.test(`${value}`)) return { position: BigInt(value) };
    const time = instant.safeParse(value);
    if (time.success) return { time: time.data };
    context.addIssue({
      code: 'custom',
      message: 'must be an ISO 8601 time with an offset or Z, or a position of the log',
    });
    return z.NEVER;
  })
  .openapi({ type: 'string', description: 'A time, inclusive; or a position of the log, exclusive.' });

/** What became of the messages to an endpoint, and having them sent again. */
export function deliveryRoutes(routes: OpenAPIHono<CallerEnv>, { common, find, outgoing }: Parts): void {
  const { db, wake } = outgoing;

  routes.openapi(
    createRoute({
      ...common,
      method: 'get',
      path: '/api/webhook-endpoints/{id}/deliveries',
      operationId: 'listWebhookDeliveries',
      summary: 'What became of the messages, the newest first',
      description: 'What was delivered is listed for a week, what was given up for ninety days.',
      request: { params: EndpointPath, query: Query },
      responses: {
        200: json(z.object({ items: z.array(DeliveryItem), nextCursor: z.string().nullable() }), 'A page of them.'),
        ...refusals,
        ...noEndpoint,
      },
    }),
    async (c) => {
      const endpoint = find(c.var.caller.tenantId, c.req.valid('param').id);
      if (!endpoint) return notFound(c);
      const { state, limit, cursor: after } = c.req.valid('query');
      const found = await listDeliveries(db, keyOf(endpoint), { state, after, limit: limit + 1 });
      const page = found.slice(0, limit);
      const nextCursor = found.length > limit ? `${page.at(-1)!.n}` : null;
      return c.json({ items: page.map(itemOf), nextCursor }, 200, uncached);
    },
  );

  routes.openapi(
    createRoute({
      ...common,
      method: 'post',
      path: '/api/webhook-endpoints/{id}/test',
      operationId: 'testWebhookEndpoint',
      summary: 'Have a message sent that is about nothing',
      description: 'Of type `endpoint.test`, with an id of its own, also while the endpoint is paused.',
      request: { params: EndpointPath },
      responses: { 202: json(DeliveryItem, 'It is sent at once.'), ...refusals, ...noEndpoint },
    }),
    async (c) => {
      const endpoint = find(c.var.caller.tenantId, c.req.valid('param').id);
      if (!endpoint) return notFound(c);
      const key = keyOf(endpoint);
      const delivery = await queueTest(db, key);
      await wake(key);
      return c.json(itemOf(delivery), 202, uncached);
    },
  );

  routes.openapi(
    createRoute({
      ...common,
      method: 'post',
      path: '/api/webhook-endpoints/{id}/deliveries/{deliveryId}/retry',
      operationId: 'retryWebhookDelivery',
      summary: 'Have a message sent again',
      description: 'Whatever became of it, at once and under the same `webhook-id`; the schedule begins anew.',
      request: { params: EndpointPath.extend({ deliveryId: pathId('deliveryId') }) },
      responses: {
        202: json(DeliveryItem, 'It is sent at once, or when the endpoint is active again.'),
        ...refusals,
        404: problemResponse('`not_found`: the endpoint has no such delivery, or is not yours.'),
      },
    }),
    async (c) => {
      const { id, deliveryId } = c.req.valid('param');
      const endpoint = find(c.var.caller.tenantId, id);
      if (!endpoint) return notFound(c);
      const key = keyOf(endpoint);
      const delivery = await retry(db, key, deliveryId);
      if (!delivery) return problem(c, 404, 'not_found', { detail: 'The endpoint has no such delivery.' });
      await wake(key);
      return c.json(itemOf(delivery), 202, uncached);
    },
  );

  routes.openapi(
    createRoute({
      ...common,
      method: 'post',
      path: '/api/webhook-endpoints/{id}/replay',
      operationId: 'replayToWebhookEndpoint',
      summary: 'Have everything sent from a time or a position on',
      description:
        'Of the events that the endpoint wants, each under the id that it had; also what was delivered, and what is from before there was the endpoint.',
      request: {
        params: EndpointPath,
        ...jsonBody(z.strictObject({ from }), { from: '2026-11-30T00:00:00Z' }),
      },
      responses: {
        202: json(z.object({ count: z.int() }), 'So many are sent, or when the endpoint is active again.'),
        ...refusals,
        ...noEndpoint,
        ...bodyRefusals,
      },
    }),
    async (c) => {
      const endpoint = find(c.var.caller.tenantId, c.req.valid('param').id);
      if (!endpoint) return notFound(c);
      const key = keyOf(endpoint);
      const count = await replay(db, key, endpoint.events, c.req.valid('json').from);
      await wake(key);
      return c.json({ count }, 202, uncached);
    },
  );
}
