import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { isTenantId } from '../events/identity.ts';
import { scopes } from '../events/tenant-facts.ts';
import { type AdminAccess, adminRoute } from '../http/bearer.ts';
import { problemRoutes } from '../http/failures.ts';
import { limitParameterOf, only } from '../http/parameters.ts';
import { bodyRefusals, json, jsonBody, problem } from '../http/problem.ts';
import { limitedBody } from '../http/request-body.ts';
import { type AdministrationDeps, administration } from '../tenants/administration.ts';
import { Settings, SettingsPatch, shownFields, tooManyAgents } from '../tenants/settings.ts';
import type { Tenant } from '../tenants/tenant.ts';
import {
  type AdminParts,
  KnownTenantParam,
  keyRoutes,
  lastUsedAt,
  refusals,
  secretRoutes,
  unknown,
  unknownTenant,
} from './key-routes.ts';

const TenantIdParam = z.object({
  id: z
    .string()
    .refine(isTenantId, 'must be 1–63 of a–z, 0–9, _ and -, and begin with a letter or digit')
    .openapi({ param: { name: 'id', in: 'path' }, example: 'acme' }),
});

/** The last tenant of the page before, also where it is none any more. */
const CursorParam = z
  .string()
  .refine(isTenantId, 'must be a nextCursor of this list')
  .optional()
  .openapi({ description: 'The `nextCursor` of the page before.' });

/** A tenant as an administrator sees it: no secrets. */
export const ShownTenant = z
  .object({
    id: z.string(),
    ...z.object(shownFields).partial().shape,
    retellApiKeySet: z.boolean(),
    webhookKeys: z.array(z.object({ keyId: z.string(), source: z.enum(['admin', 'environment']) })),
    apiKeys: z.array(
      z.object({
        keyId: z.string(),
        name: z.string().optional(),
        scopes: z.array(z.enum(scopes)),
        createdAt: z.iso.datetime(),
        lastUsedAt,
      }),
    ),
  })
  .openapi('Tenant');

/** The tenants themselves, and their settings. */
function tenantRoutes(
  routes: OpenAPIHono,
  { common, admin }: AdminParts,
  directory: AdministrationDeps['directory'],
): void {
  const shown = (tenant: Tenant, lastUsed: (keyId: string) => string | undefined): z.infer<typeof ShownTenant> => {
    const { sealedRetellApiKey, ...settings } = tenant.settings;
    return {
      id: tenant.id,
      ...settings,
      retellApiKeySet: sealedRetellApiKey !== undefined,
      webhookKeys: tenant.webhookKeys.map(({ keyId }) => ({
        keyId,
        source: directory.isFromEnvironment(tenant.id, keyId) ? 'environment' : 'admin',
      })),
      apiKeys: tenant.apiKeys.map(({ sha256: _, scopes, ...key }) => {
        const lastUsedAt = lastUsed(key.keyId);
        return { ...key, scopes: [...scopes], ...(lastUsedAt !== undefined && { lastUsedAt }) };
      }),
    };
  };
  const known = async (id: string) => shown(directory.get(id)!, await admin.lastUsed());

  routes.openapi(
    createRoute({
      ...common,
      method: 'put',
      path: '/api/tenants/{id}',
      operationId: 'putTenant',
      summary: 'Register a tenant or replace its settings',
      description: 'What is absent is unset, `retellApiKey` too. Webhook keys and API keys stay as they are.',
      request: {
        params: TenantIdParam,
        ...jsonBody(Settings, { name: 'Acme Dental', timeZone: 'Europe/Berlin', defaultRegion: 'DE' }),
      },
      responses: { 200: json(ShownTenant, 'The tenant'), ...refusals, ...bodyRefusals },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      await admin.putSettings(id, c.req.valid('json'));
      return c.json(await known(id), 200);
    },
  );

  routes.openapi(
    createRoute({
      ...common,
      method: 'patch',
      path: '/api/tenants/{id}',
      operationId: 'patchTenant',
      summary: 'Change some settings of a tenant',
      description: 'What is absent stays, `null` unsets, objects merge. Webhook keys and API keys stay as they are.',
      request: { params: KnownTenantParam, ...jsonBody(SettingsPatch, { timeZone: 'Europe/Berlin' }) },
      responses: { 200: json(ShownTenant, 'The tenant'), ...refusals, ...bodyRefusals, ...unknown },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const outcome = await admin.patchSettings(id, c.req.valid('json'));
      if (outcome === 'too_many_agents')
        return problem(c, 400, 'invalid_request', {
          detail: 'With those that are set already these are too many.',
          errors: [{ path: 'agentEndpoints', message: tooManyAgents }],
        });
      return outcome === 'unknown_tenant' ? unknownTenant(c, id) : c.json(await known(id), 200);
    },
  );

  routes.openapi(
    createRoute({
      ...common,
      method: 'get',
      path: '/api/tenants',
      operationId: 'listTenants',
      summary: 'Tenants by id, without secrets',
      request: { query: only({ limit: limitParameterOf(200), cursor: CursorParam }) },
      responses: {
        200: json(
          z.object({ items: z.array(ShownTenant), nextCursor: z.string().nullable() }),
          'A page of them; `nextCursor` is null at the end',
        ),
        ...refusals,
      },
    }),
    async (c) => {
      const { limit, cursor = '' } = c.req.valid('query');
      const lastUsed = await admin.lastUsed();
      const left = directory.list().filter(({ id }) => id > cursor);
      const items = left.slice(0, limit).map((tenant) => shown(tenant, lastUsed));
      return c.json({ items, nextCursor: left.length > limit ? items.at(-1)!.id : null }, 200);
    },
  );

  routes.openapi(
    createRoute({
      ...common,
      method: 'get',
      path: '/api/tenants/{id}',
      operationId: 'getTenant',
      summary: 'A tenant, without secrets',
      request: { params: KnownTenantParam },
      responses: { 200: json(ShownTenant, 'The tenant'), ...refusals, ...unknown },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      return directory.get(id) === undefined ? unknownTenant(c, id) : c.json(await known(id), 200);
    },
  );
}

/** `/api/tenants`: whose calls are taken, with which keys. All of it with ADMIN_KEY. */
export function adminRoutes(deps: AdministrationDeps & { readonly access: AdminAccess }): OpenAPIHono {
  const { directory, logger } = deps;
  const routes = problemRoutes(logger);

  const admin = adminRoute(deps.access, 'Tenants', 'tenants');
  const common = {
    ...admin,
    middleware: [
      admin.middleware,
      limitedBody,
      // Until the tenants in the log have been read, an answer would show less than there is.
      async (c: Context, next: () => Promise<void>) => (directory.ready() ? next() : notReady(c)),
    ],
  };
  const parts = { common, admin: administration(deps) };
  tenantRoutes(routes, parts, directory);
  keyRoutes(routes, parts);
  secretRoutes(routes, parts);
  return routes;
}

const notReady = (c: Context) =>
  problem(c, 503, 'event_store_unavailable', {
    detail: 'The tenants have not been read from the event store yet. Repeat the request.',
    headers: { 'retry-after': '1' },
  });
