import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Logger } from 'pino';
import { type AdminAccess, adminRoute } from '../../http/bearer.ts';
import { problemRoutes } from '../../http/failures.ts';
import { booleanParameter, limitParameter, ofTenant, only } from '../../http/parameters.ts';
import { json, problemResponse, uncached } from '../../http/problem.ts';
import type { OpenTenantDirectory } from '../../tenants/directory.ts';
import type { WebhookEndpoint } from '../../tenants/webhook-endpoints.ts';
import { Endpoint, shown } from './endpoint-routes.ts';
import { unsentByEndpoint } from './health.ts';
import type { OutgoingWebhooks } from './start.ts';

type Deps = {
  readonly access: AdminAccess;
  readonly directory: Pick<OpenTenantDirectory, 'webhookEndpoints'>;
  readonly outgoing: Pick<OutgoingWebhooks, 'db' | 'failing'>;
  readonly logger: Logger;
};

export const EndpointOverview = Endpoint.extend({
  tenantId: z.string(),
  failingSince: z.iso
    .datetime()
    .optional()
    .openapi({ description: 'Every attempt since then has failed. Only of one that is active.' }),
  pending: z.int().openapi({ description: 'Messages that wait.' }),
  dead: z.int().openapi({ description: 'Messages that were given up in the last ninety days.' }),
}).openapi('WebhookEndpointOverview');

const Query = only({
  tenantId: ofTenant,
  failing: booleanParameter('`true`: only those that fail.').optional(),
  limit: limitParameter,
  cursor: z.string().max(300).optional().openapi({ description: 'The `nextCursor` of the page before.' }),
});

const placeOf = ({ tenantId, id }: WebhookEndpoint) => `${tenantId} ${id}`;

/** `GET /api/outgoing-webhooks`: for those who run the service. */
export function overviewRoute({ access, directory, outgoing, logger }: Deps): OpenAPIHono {
  const routes = problemRoutes(logger);
  return routes.openapi(
    createRoute({
      ...adminRoute(access, 'Outgoing webhooks', 'operations'),
      method: 'get',
      path: '/api/outgoing-webhooks',
      operationId: 'listOutgoingWebhooks',
      summary: 'The webhook endpoints of all tenants, and how they do',
      request: { query: Query },
      responses: {
        200: json(z.object({ items: z.array(EndpointOverview), nextCursor: z.string().nullable() }), 'A page of them.'),
        400: problemResponse('Not as documented; `errors[]` names each.'),
        401: problemResponse('Not an admin key'),
        403: problemResponse('`missing_scope`'),
        503: problemResponse('A store does not answer; repeat the request.'),
      },
    }),
    async (c) => {
      const { tenantId, failing, limit, cursor = '' } = c.req.valid('query');
      const since = new Map((await outgoing.failing()).map((one) => [one.endpointId, one.since.toISOString()]));
      const wanted = directory
        .webhookEndpoints(tenantId)
        .filter((one) => placeOf(one) > cursor && (failing === undefined || since.has(one.id) === failing))
        .toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
      const page = wanted.slice(0, limit);
      const unsent = await unsentByEndpoint(
        outgoing.db,
        page.map(({ id }) => id),
      );
      const items = page.map((one) => ({
        ...{ tenantId: one.tenantId, ...shown(one) },
        ...(since.has(one.id) && { failingSince: since.get(one.id)! }),
        ...(unsent.get(one.id) ?? { pending: 0, dead: 0 }),
      }));
      return c.json({ items, nextCursor: wanted.length > limit ? placeOf(page.at(-1)!) : null }, 200, uncached);
    },
  );
}
