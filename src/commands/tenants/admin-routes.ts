import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { keyRoutes } from '../../administration/key-routes.ts';
import { tenantRoutes } from '../../administration/tenant-routes.ts';
import { requireAdmin } from '../../http/bearer.ts';
import { badRequest, problem } from '../../http/problem.ts';
import { limitedBody } from '../../http/request-body.ts';
import { type AdministrationDeps, administration } from '../../tenants/administration.ts';
import { commandErrors } from '../command-routes.ts';

/** `/api/tenants`: whose calls are taken, with which keys. All of it with ADMIN_KEY. */
export function adminRoutes(deps: AdministrationDeps & { readonly adminKey: string }): OpenAPIHono {
  const { directory, logger } = deps;
  const routes = new OpenAPIHono({ defaultHook: badRequest });
  routes.onError(commandErrors(logger));

  const common = {
    tags: ['Tenants'],
    security: [{ adminKey: [] }],
    middleware: [
      requireAdmin(deps.adminKey),
      limitedBody,
      // Until the tenants in the log have been read, an answer would show less than there is.
      async (c: Context, next: () => Promise<void>) => (directory.ready() ? next() : notReady(c)),
    ],
  };
  const parts = { common, directory, admin: administration(deps) };
  tenantRoutes(routes, parts);
  keyRoutes(routes, parts);
  return routes;
}

const notReady = (c: Context) =>
  problem(c, 503, 'store_unavailable', {
    detail: 'The tenants have not been read from the event store yet. Repeat the request.',
    headers: { 'retry-after': '1' },
  });
