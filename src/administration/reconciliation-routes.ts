import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { type AdminAccess, adminRoute } from '../http/bearer.ts';
import { problemRoutes } from '../http/failures.ts';
import { instant, ofTenant, only } from '../http/parameters.ts';
import { bodyRefusals, json, jsonBody, problem, problemResponse, uncached } from '../http/problem.ts';
import { limitedBody } from '../http/request-body.ts';
import { Coverage, type CoverageOf, period, periodOf } from '../read-api/coverage.ts';

/** Lets an operator start a reconciliation at once, and shows its state. */
type Reconciling = {
  begin(options: {
    tenant?: string | undefined;
    since?: number | undefined;
    to?: number | undefined;
  }): Promise<'busy' | object>;
  status(): { readonly state: string };
};

type ReconciliationDependencies = {
  readonly access: AdminAccess;
  readonly reconciliation: Reconciling;
  readonly coverage: CoverageOf;
  readonly isTenant: (id: string) => boolean;
};

const milliseconds = instant.transform((time) => time.getTime()).openapi({ type: 'string', format: 'date-time' });
const Begin = z
  .strictObject({
    tenant: ofTenant,
    since: milliseconds.optional(),
    to: milliseconds.optional(),
  })
  .refine(({ since, to }) => to === undefined || (since !== undefined && since < to), {
    error: 'to needs an earlier since',
    path: ['to'],
  });
const State = z.object({ state: z.string() }).catchall(z.unknown()).openapi('ReconciliationState');

/** For administrators, in a process that reconciles (role `react`). */
export function reconciliationRoutes(dependencies: ReconciliationDependencies): OpenAPIHono {
  const { access, reconciliation, coverage, isTenant } = dependencies;
  const routes = problemRoutes();
  const common = adminRoute(access, 'Reconciliation', 'operations');
  const refused = {
    400: problemResponse('`invalid_request`: not as documented; `errors[]` names each fault.'),
    401: problemResponse('Not the admin key'),
    503: problemResponse('`database_unavailable`: try again after `Retry-After` seconds.'),
  };

  routes.openapi(
    createRoute({
      ...common,
      middleware: [common.middleware, limitedBody],
      method: 'post',
      path: '/api/reconciliation',
      operationId: 'beginReconciliation',
      summary: 'Ask Retell now for what the log lacks',
      description: 'With `since`: whatever ended from then on. With `to` as well: of that period only (a backfill).',
      request: jsonBody(Begin, { tenant: 'default', since: '2026-11-30T00:00:00Z' }),
      responses: {
        202: json(State, 'It has begun.'),
        404: problemResponse('`unknown_tenant`'),
        409: problemResponse('`busy`: a run is under way, here or in another process'),
        ...bodyRefusals,
        ...refused,
      },
    }),
    async (c) => {
      const what = c.req.valid('json');
      if (what.tenant !== undefined && !isTenant(what.tenant))
        return problem(c, 404, 'unknown_tenant', { detail: 'No tenant is registered under this id.' });
      if ((await reconciliation.begin(what)) === 'busy')
        return problem(c, 409, 'busy', { detail: 'A reconciliation is under way. Wait for its end.' });
      return c.json(reconciliation.status(), 202, uncached);
    },
  );

  routes.openapi(
    createRoute({
      ...common,
      method: 'get',
      path: '/api/reconciliation',
      operationId: 'getReconciliation',
      summary: 'The run of this process that is under way, and the last one',
      responses: { 200: json(State, 'How it stands.'), ...refused },
    }),
    (c) => c.json(reconciliation.status(), 200, uncached),
  );

  routes.openapi(
    createRoute({
      ...common,
      method: 'get',
      path: '/api/reconciliation/coverage',
      operationId: 'getCoverageOfAll',
      summary: 'Coverage of all tenants, or of one',
      request: {
        query: only({ ...period, tenantId: ofTenant }),
      },
      responses: { 200: json(Coverage, 'One item for each tenant and day with calls.'), ...refused },
    }),
    async (c) => {
      const { tenantId, ...query } = c.req.valid('query');
      return c.json({ items: [...(await coverage({ tenantId, ...periodOf(query) }))] }, 200, uncached);
    },
  );
  return routes;
}
