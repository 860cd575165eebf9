import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { quarantineReasons } from '../../events/raw-delivery.ts';
import { requireAdmin } from '../../http/bearer.ts';
import { idPath } from '../../http/parameters.ts';
import { badRequest, problem, problemResponse } from '../../http/problem.ts';
import { commandErrors, storeUnavailable } from '../command-routes.ts';
import { type RetryDeps, retryQuarantined } from '../quarantine.ts';

const Retried = z
  .object({
    outcome: z.enum(['recorded', 'duplicate', 'still_quarantined']).openapi({
      description: '`duplicate`: the fact was on record already. Either way the delivery is released.',
    }),
    reason: z
      .enum([...quarantineReasons, 'evidence_failed', 'evidence_expired'])
      .optional()
      .openapi({
        description: 'Why it is still in quarantine; `evidence_…`: its bytes no longer verify, or are gone.',
      }),
    callId: z.string().optional(),
    factId: z.string().optional(),
  })
  .openapi('QuarantineRetry');

/** `POST /api/quarantine/{id}/retry`, with ADMIN_KEY. */
export function quarantineRetryRoute(deps: RetryDeps & { readonly adminKey: string }): OpenAPIHono {
  const routes = new OpenAPIHono({ defaultHook: badRequest });
  routes.onError(commandErrors(deps.logger));
  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/quarantine/{id}/retry',
      operationId: 'retryQuarantined',
      tags: ['Administration'],
      summary: 'Try a delivery in quarantine again',
      description:
        'Reads the signed bytes as a fresh delivery would be read now, with the time of receipt, endpoint and evidence ' +
        'that they had then. What becomes a fact is released and no longer listed. May be repeated.',
      security: [{ adminKey: [] }],
      middleware: [
        requireAdmin(deps.adminKey),
        // Until the tenants have been read, every signature would fail.
        async (c: Context, next: () => Promise<void>) => (deps.tenants.ready() ? next() : storeUnavailable(c)),
      ],
      request: {
        params: idPath,
      },
      responses: {
        200: { description: 'What became of it', content: { 'application/json': { schema: Retried } } },
        401: problemResponse('Not the admin key'),
        404: problemResponse('`not_found`: nothing is in quarantine under this id'),
        503: problemResponse('The event store did not confirm; repeat the request'),
      },
    }),
    async (c) => {
      const retried = await retryQuarantined(c.req.valid('param').id, deps);
      if (retried === undefined)
        return problem(c, 404, 'not_found', { detail: 'Nothing is in quarantine under this id.' }) as never;
      return c.json(retried, 200, { 'cache-control': 'no-store' });
    },
  );
  return routes;
}
