import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Kysely } from 'kysely';
import { type Authenticate, type CallerEnv, requireAdmin } from '../http/bearer.ts';
import { instant, instantParameter, only, tenantParameter } from '../http/parameters.ts';
import { badRequest, problem, problemResponse } from '../http/problem.ts';
import { limitedBody } from '../http/request-body.ts';
import { DAY_MS } from '../model/time.ts';
import type { ReadModel } from '../projections/tables.ts';
import { apiKey, json, refusals } from './answers.ts';
import { unavailable } from './query-routes.ts';
import { asTenant, type QueryApp } from './tenant-reads.ts';

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
    percent: z.number().min(0).max(100).openapi({ description: 'Of the calls that Retell knows; 100 is all.' }),
  })
  .openapi('CoverageDay');
const Coverage = z.object({ items: z.array(CoverageDay) }).openapi('Coverage');
export type CoverageDay = z.infer<typeof CoverageDay>;

/** The reaction's own record, which the composition root hands in: this room does not know that there is one. */
export type CoverageOf = (query: {
  readonly tenantId?: string | undefined;
  readonly from: Date;
  readonly to: Date;
}) => Promise<readonly CoverageDay[]>;

const period = {
  from: instantParameter('Days from this time on. Default: 30 days before `to`.').optional(),
  to: instantParameter('Days before this time. Default: now.').optional(),
};
const Period = only(period);

const periodOf = ({ from, to }: { from?: Date | undefined; to?: Date | undefined }) => {
  const end = to ?? new Date();
  return { from: from ?? new Date(end.getTime() - 30 * DAY_MS), to: end };
};

export type CoverageDependencies = {
  readonly db: Kysely<ReadModel>;
  readonly authenticate: Authenticate;
  readonly coverage: CoverageOf;
};

/** `GET /api/coverage`: whether the log has what Retell has, for a tenant. */
export function coverageRoutes({ db, authenticate, coverage }: CoverageDependencies): QueryApp {
  const app: QueryApp = new OpenAPIHono<CallerEnv>({ defaultHook: badRequest });
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/coverage',
      operationId: 'getCoverage',
      tags: ['Operations'],
      summary: 'Whether the log has what Retell has, day by day',
      description: 'As of the last reconciliation; newest day first.',
      security: apiKey,
      middleware: asTenant(db, authenticate),
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

/** What an operator may have done at once, and how it stands. */
export type Reconciling = {
  begin(options: {
    tenant?: string | undefined;
    since?: number | undefined;
    to?: number | undefined;
  }): Promise<'busy' | object>;
  status(): object;
};

export type ReconciliationDependencies = {
  readonly adminKey: string;
  readonly reconciliation: Reconciling;
  readonly coverage: CoverageOf;
  readonly isTenant: (id: string) => boolean;
};

const milliseconds = instant.transform((time) => time.getTime()).openapi({ type: 'string', format: 'date-time' });
const Begin = z
  .strictObject({
    tenant: tenantParameter.optional(),
    since: milliseconds.optional(),
    to: milliseconds.optional(),
  })
  .refine(({ since, to }) => to === undefined || (since !== undefined && since < to), {
    error: 'to needs an earlier since',
    path: ['to'],
  });
const State = z.object({ state: z.string() }).catchall(z.unknown()).openapi('ReconciliationState');
const answer = <T extends z.ZodType>(schema: T, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});
const uncached = { 'cache-control': 'no-store' };

/** For administrators, in a process that reconciles (role `react`). */
export function reconciliationRoutes(dependencies: ReconciliationDependencies): OpenAPIHono {
  const { adminKey, reconciliation, coverage, isTenant } = dependencies;
  const app = new OpenAPIHono({ defaultHook: badRequest });
  const common = { tags: ['Administration'], security: [{ adminKey: [] }], middleware: requireAdmin(adminKey) };
  const state = (c: Context) => c.json(reconciliation.status(), 200, uncached) as never;
  const refused = {
    400: problemResponse('`invalid_request`: not as documented; `errors[]` names each fault.'),
    401: problemResponse('Not the admin key'),
    503: problemResponse('`read_model_unavailable`: try again after `Retry-After` seconds.'),
  };

  app.openapi(
    createRoute({
      ...common,
      middleware: [requireAdmin(adminKey), limitedBody],
      method: 'post',
      path: '/api/reconciliation',
      operationId: 'beginReconciliation',
      summary: 'Ask Retell now for what the log lacks',
      description: 'With `since`: whatever ended from then on. With `to` as well: of that period only (a backfill).',
      request: { body: { content: { 'application/json': { schema: Begin } }, required: true } },
      responses: {
        202: answer(State, 'It has begun.'),
        404: problemResponse('`unknown_tenant`'),
        409: problemResponse('`busy`: a run is under way, here or in another process'),
        413: problemResponse('Body over 64 KiB.'),
        ...refused,
      },
    }),
    async (c) => {
      const what = c.req.valid('json');
      if (what.tenant !== undefined && !isTenant(what.tenant))
        return problem(c, 404, 'unknown_tenant', { detail: 'No tenant is registered under this id.' }) as never;
      if ((await reconciliation.begin(what)) === 'busy')
        return problem(c, 409, 'busy', { detail: 'A reconciliation is under way. Wait for its end.' }) as never;
      return c.json(reconciliation.status(), 202, uncached) as never;
    },
  );

  app.openapi(
    createRoute({
      ...common,
      method: 'get',
      path: '/api/reconciliation',
      operationId: 'getReconciliation',
      summary: 'The run of this process that is under way, and the last one',
      responses: { 200: answer(State, 'How it stands.'), ...refused },
    }),
    state,
  );

  app.openapi(
    createRoute({
      ...common,
      method: 'get',
      path: '/api/reconciliation/coverage',
      operationId: 'getCoverageOfAll',
      summary: 'Coverage of all tenants, or of one',
      request: {
        query: only({ ...period, tenantId: tenantParameter.optional() }),
      },
      responses: { 200: answer(Coverage, 'One item for each tenant and day with calls.'), ...refused },
    }),
    async (c) => {
      const { tenantId, ...query } = c.req.valid('query');
      return c.json({ items: [...(await coverage({ tenantId, ...periodOf(query) }))] }, 200, uncached);
    },
  );
  app.onError(unavailable);
  return app;
}
