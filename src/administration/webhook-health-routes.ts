import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { WebhookHealth as Counted } from '../commands/webhooks/health.ts';
import { type AdminAccess, adminRoute } from '../http/bearer.ts';
import { problemRoutes } from '../http/failures.ts';
import { ofTenant, only } from '../http/parameters.ts';
import { json, problemResponse, uncached } from '../http/problem.ts';

const WebhookHealth = z
  .object({
    since: z.iso.datetime().openapi({ description: 'When this process began to count.' }),
    items: z.array(
      z.object({
        endpoint: z.string().openapi({ description: '`unknown`: a signed post to a path that does not exist.' }),
        tenantId: z.string().optional().openapi({
          description: 'The registered tenant that the address names; of a refusal nobody knows who sent it.',
        }),
        status: z.int(),
        outcome: z.string().openapi({ example: 'sig_mismatch', description: 'What the log says of it.' }),
        count: z.int(),
        lastAt: z.iso.datetime(),
      }),
    ),
  })
  .openapi('WebhookHealth');
export type WebhookHealth = z.infer<typeof WebhookHealth>;

/** `GET /api/webhook-health`, for administrators, where webhooks come in. */
export function webhookHealthRoute({
  access,
  health,
}: {
  readonly access: AdminAccess;
  readonly health: Counted;
}): OpenAPIHono {
  const routes = problemRoutes();
  routes.openapi(
    createRoute({
      ...adminRoute(access, 'Quarantine', 'operations'),
      method: 'get',
      path: '/api/webhook-health',
      operationId: 'getWebhookHealth',
      summary: 'How webhooks were answered, by endpoint, tenant and outcome',
      description: 'By this process, since it started; the latest first. Metrics have the same without the tenant.',
      request: { query: only({ tenantId: ofTenant }) },
      responses: {
        200: json(WebhookHealth, 'The counts.'),
        400: problemResponse('`invalid_request`'),
        401: problemResponse('Not an admin key.'),
        403: problemResponse('`missing_scope`'),
      },
    }),
    (c) => {
      const { tenantId } = c.req.valid('query');
      const items = health.items().filter((item) => tenantId === undefined || item.tenantId === tenantId);
      return c.json({ since: health.since, items: items.map(({ ...item }) => item) }, 200, uncached);
    },
  );
  return routes;
}
