import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Logger } from 'pino';
import { keyReused } from '../../commands/command-routes.ts';
import { newsTypes } from '../../events/tenant-facts.ts';
import { type Authenticate, type CallerEnv, requireScope } from '../../http/bearer.ts';
import { problemRoutes } from '../../http/failures.ts';
import { IdempotencyKey } from '../../http/parameters.ts';
import { bodyRefusals, json, jsonBody, problem, problemResponse, uncached } from '../../http/problem.ts';
import { limitedBody } from '../../http/request-body.ts';
import type { Administration } from '../../tenants/administration.ts';
import type { OpenTenantDirectory } from '../../tenants/directory.ts';
import { oneLine } from '../../tenants/settings.ts';
import { MOST_ENDPOINTS, type WebhookEndpoint } from '../../tenants/webhook-endpoints.ts';
import { urlFault } from './addresses.ts';
import { EndpointPath, noEndpoint, notFound, refusals } from './answers.ts';
import { deleteDeliveriesOf } from './deliveries.ts';
import { deliveryRoutes } from './delivery-routes.ts';
import { registerMessages } from './messages.ts';
import type { OutgoingWebhooks } from './start.ts';

export type EndpointRoutesDeps = {
  readonly authenticate: Authenticate;
  readonly directory: Pick<OpenTenantDirectory, 'webhookEndpoints'>;
  readonly administration: Administration;
  readonly outgoing: Pick<OutgoingWebhooks, 'db' | 'wake'>;
  /** `WEBHOOK_ALLOW_PRIVATE` */
  readonly allowPrivate: boolean;
  readonly logger: Logger;
};

/** The secrets that are replaced sign beside the new one for so long. */
const BOTH_SIGN_MS = 24 * 3_600_000;

const event = z.enum(newsTypes);
const events = z
  .array(event)
  .min(1)
  .max(50)
  .transform((all) => newsTypes.filter((one) => all.includes(one)))
  .openapi({ description: 'What it is sent. Others come to be: an endpoint gets those it names.' });
const url = z.string().max(2048).openapi({ example: 'https://example.com/hooks/call-ledger' });
const description = oneLine(200);

const Order = z.strictObject({ url, events, description: description.optional() });
const Changes = z
  .strictObject({ url, events, description: description.or(z.literal('')), state: z.enum(['active', 'paused']) })
  .partial()
  .refine((changes) => Object.keys(changes).length > 0, 'must change something');

export const Endpoint = z
  .object({
    id: z.string(),
    url: z.string(),
    events: z.array(event),
    description: z.string().optional(),
    state: z.enum(['active', 'paused']).openapi({
      description: 'What changes while it is paused is not queued: replay it. What is queued waits.',
    }),
    pausedBecause: z.literal('gone').optional().openapi({ description: 'It answered 410.' }),
    needsSecret: z
      .literal(true)
      .optional()
      .openapi({ description: 'No MASTER_KEY opens its secret, so nothing is sent: rotate it.' }),
    createdAt: z.iso.datetime(),
  })
  .openapi('WebhookEndpoint');
export const WithSecret = Endpoint.extend({
  secret: z.string().openapi({ example: 'whsec_…', description: 'Signs what is sent there. Shown this once.' }),
}).openapi('WebhookEndpointWithSecret');

export const shown = (endpoint: WebhookEndpoint): z.infer<typeof Endpoint> => {
  const { id, url, events, description, state, pausedBecause, createdAt, secrets } = endpoint;
  return {
    ...{ id, url, events: [...events] },
    ...(description !== undefined && { description }),
    state,
    ...(pausedBecause && { pausedBecause }),
    ...(secrets.some(({ until }) => until === undefined) ? {} : { needsSecret: true as const }),
    createdAt,
  };
};

const urlRefusal = {
  400: problemResponse(
    'Not as documented; `url_not_allowed`: not https, with a user name, or no address of the public internet.',
  ),
  ...bodyRefusals,
};

/** Where a tenant has its news sent to, and what became of it; mounted where the role `react` is. */
export function endpointRoutes(deps: EndpointRoutesDeps): OpenAPIHono<CallerEnv> {
  const { directory, administration, outgoing, allowPrivate } = deps;
  const routes = problemRoutes<CallerEnv>(deps.logger);
  registerMessages(routes.openAPIRegistry);
  const common = {
    tags: ['Outgoing webhooks'],
    security: [{ apiKey: [] }],
    middleware: [requireScope(deps.authenticate, 'write'), limitedBody],
  };
  const find = (tenantId: string, id: string) =>
    directory.webhookEndpoints(tenantId).find((endpoint) => endpoint.id === id);
  const refused = (c: Context, detail: string) =>
    problem(c, 400, 'url_not_allowed', { detail, errors: [{ path: 'url', message: detail }] });

  routes.openapi(
    createRoute({
      ...common,
      method: 'post',
      path: '/api/webhook-endpoints',
      operationId: 'addWebhookEndpoint',
      summary: 'Have news sent to an address',
      description:
        'What changes from now on; older changes by replay. Each is a POST, signed as https://www.standardwebhooks.com has it; see `webhooks` in this document.',
      request: {
        headers: z.object({ 'idempotency-key': IdempotencyKey }),
        ...jsonBody(Order, { url: 'https://example.com/hooks/call-ledger', events: ['call.outcome.changed'] }),
      },
      responses: {
        201: json(WithSecret, 'The endpoint, with its secret.'),
        ...refusals,
        ...urlRefusal,
        409: problemResponse(`\`too_many_endpoints\`: the tenant has ${MOST_ENDPOINTS}; \`idempotency_key_reused\`.`),
      },
    }),
    async (c) => {
      const { tenantId, keyId: by } = c.var.caller;
      const order = c.req.valid('json');
      const fault = await urlFault(order.url, { allowPrivate });
      if (fault !== undefined) return refused(c, fault);
      const key = c.req.valid('header')['idempotency-key'];
      const added = await administration.addWebhookEndpoint(tenantId, { ...order, by }, key);
      if (added === 'idempotency_key_reused') return keyReused(c);
      if (typeof added === 'string')
        return problem(c, 409, added, { detail: `The tenant has ${MOST_ENDPOINTS} webhook endpoints: remove one.` });
      return c.json({ ...shown(added.endpoint), secret: added.secret }, 201, uncached);
    },
  );

  routes.openapi(
    createRoute({
      ...common,
      method: 'get',
      path: '/api/webhook-endpoints',
      operationId: 'listWebhookEndpoints',
      summary: 'Where news is sent to, the newest first',
      responses: {
        200: json(
          z.object({ items: z.array(Endpoint), nextCursor: z.null() }),
          `All of them: they are ${MOST_ENDPOINTS} at most.`,
        ),
        ...{ 401: refusals[401], 403: refusals[403] },
      },
    }),
    (c) => {
      const items = directory.webhookEndpoints(c.var.caller.tenantId).map(shown).reverse();
      return c.json({ items, nextCursor: null }, 200, uncached);
    },
  );

  routes.openapi(
    createRoute({
      ...common,
      method: 'get',
      path: '/api/webhook-endpoints/{id}',
      operationId: 'getWebhookEndpoint',
      summary: 'One webhook endpoint',
      request: { params: EndpointPath },
      responses: { 200: json(Endpoint, 'The endpoint.'), 401: refusals[401], 403: refusals[403], ...noEndpoint },
    }),
    (c) => {
      const endpoint = find(c.var.caller.tenantId, c.req.valid('param').id);
      return endpoint ? c.json(shown(endpoint), 200, uncached) : notFound(c);
    },
  );

  routes.openapi(
    createRoute({
      ...common,
      method: 'patch',
      path: '/api/webhook-endpoints/{id}',
      operationId: 'changeWebhookEndpoint',
      summary: 'Change, pause or resume a webhook endpoint',
      description: 'What is absent stays. An empty `description` removes it.',
      request: { params: EndpointPath, ...jsonBody(Changes, { state: 'paused' }) },
      responses: { 200: json(Endpoint, 'The endpoint.'), ...refusals, ...urlRefusal, ...noEndpoint },
    }),
    async (c) => {
      const { tenantId, keyId: by } = c.var.caller;
      const endpointId = c.req.valid('param').id;
      const changes = c.req.valid('json');
      if (!find(tenantId, endpointId)) return notFound(c);
      const fault = changes.url === undefined ? undefined : await urlFault(changes.url, { allowPrivate });
      if (fault !== undefined) return refused(c, fault);
      const outcome = await administration.changeWebhookEndpoint(tenantId, { ...changes, endpointId, by });
      const endpoint = outcome === 'done' ? find(tenantId, endpointId) : undefined;
      if (!endpoint) return notFound(c);
      await outgoing.wake({ tenantId, endpointId });
      return c.json(shown(endpoint), 200, uncached);
    },
  );

  routes.openapi(
    createRoute({
      ...common,
      method: 'delete',
      path: '/api/webhook-endpoints/{id}',
      operationId: 'removeWebhookEndpoint',
      summary: 'Have nothing more sent there',
      request: { params: EndpointPath },
      responses: { 204: { description: 'It is gone, with what was queued for it.' }, ...refusals, ...noEndpoint },
    }),
    async (c) => {
      const { tenantId, keyId: by } = c.var.caller;
      const endpointId = c.req.valid('param').id;
      if ((await administration.removeWebhookEndpoint(tenantId, { endpointId, by })) !== 'done') return notFound(c);
      await deleteDeliveriesOf(outgoing.db, { tenantId, endpointId }).catch(() => {}); // also when it is served next
      return c.body(null, 204);
    },
  );

  routes.openapi(
    createRoute({
      ...common,
      method: 'post',
      path: '/api/webhook-endpoints/{id}/rotate-secret',
      operationId: 'rotateWebhookSecret',
      summary: 'Have a new secret sign',
      description: 'The secret before it signs too for 24 hours, so that the receiver can be changed meanwhile.',
      request: { params: EndpointPath },
      responses: { 200: json(WithSecret, 'The endpoint, with its new secret.'), ...refusals, ...noEndpoint },
    }),
    async (c) => {
      const { tenantId, keyId: by } = c.var.caller;
      const endpointId = c.req.valid('param').id;
      const othersUntil = new Date(Date.now() + BOTH_SIGN_MS).toISOString();
      const { outcome, secret } = await administration.rotateWebhookSecret(tenantId, { endpointId, othersUntil, by });
      const endpoint = outcome === 'done' ? find(tenantId, endpointId) : undefined;
      if (!endpoint) return notFound(c);
      await outgoing.wake({ tenantId, endpointId });
      return c.json({ ...shown(endpoint), secret }, 200, uncached);
    },
  );

  deliveryRoutes(routes, { common, find, outgoing });
  return routes;
}
