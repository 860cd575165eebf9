import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { CallerEnv } from '../http/bearer.ts';
import { instantParameter, only } from '../http/parameters.ts';
import { badRequest } from '../http/problem.ts';
import { DAY_MS } from '../model/time.ts';
import { json, queryRoute, refusals } from './answers.ts';
import { unavailable } from './query-routes.ts';
import { asTenant, type QueryApp, type TenantAccess } from './tenant-reads.ts';

const count = z.int().min(0);
const CoverageDay = z
  .object({
    tenantId: z.string(),
    day: z.iso.date().openapi({ description: 'UTC; of the start of the call, else of when it became known.' }),
    retell: count.openapi({ description: 'Calls that Retell was seen to know.' }),
    log: count.openapi({ description: 'Calls in the log.' }),
    facts: z
      .object({ webhook: count, reconciliation: count })
      .openapi({ description: 'Facts of the calls of this day, by how they came.' }),
    missing: count.openapi({ description: 'Calls of which the log lacks something that Retell has.' }),
    percent: z.number().min(0).max(100).optional().openapi({
      description: 'Of the calls that Retell knows; 100 is all. Absent: Retell was not asked for this day.',
    }),
    askedAt: z.iso.datetime().optional().openapi({
      description: "When a list of Retell's that has calls of this day was last read to its end.",
    }),
  })
  .openapi('CoverageDay');
export const Coverage = z.object({ items: z.array(CoverageDay) }).openapi('Coverage');
export type CoverageDay = z.infer<typeof CoverageDay>;

/** The reaction's own record, which the composition root hands in: this room does not know that there is one. */
export type CoverageOf = (query: {
  readonly tenantId?: string | undefined;
  readonly from: Date;
  readonly to: Date;
}) => Promise<readonly CoverageDay[]>;

export const period = {
  from: instantParameter('Days from this time on. Default: 30 days before `to`.').optional(),
  to: instantParameter('Days before this time. Default: now.').optional(),
};
const Period = only(period);

export const periodOf = ({ from, to }: { from?: Date | undefined; to?: Date | undefined }) => {
  const end = to ?? new Date();
  return { from: from ?? new Date(end.getTime() - 30 * DAY_MS), to: end };
};

export type CoverageDependencies = TenantAccess & { readonly coverage: CoverageOf };

/** `GET /api/coverage`: whether the log has what Retell has, for a tenant. */
export function coverageRoutes({ coverage, ...access }: CoverageDependencies): QueryApp {
  const app: QueryApp = new OpenAPIHono<CallerEnv>({ defaultHook: badRequest });
  app.openapi(
    createRoute({
      ...queryRoute(asTenant(access), 'Reconciliation'),
      path: '/api/coverage',
      operationId: 'getCoverage',
      summary: 'Whether the log has what Retell has, day by day',
      description: 'As of the last reconciliation; newest day first.',
      request: { query: Period },
      responses: { 200: json(Coverage, 'One item for each day with calls.'), ...refusals },
    }),
    async (c) => {
      const { tenantId } = c.var.caller;
      return c.json({ items: [...(await coverage({ tenantId, ...periodOf(c.req.valid('query')) }))] }, 200);
    },
  );
  app.onError(unavailable);
  return app;
}
