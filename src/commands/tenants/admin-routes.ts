import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { isTenantId } from '../../events/ids.ts';
import { scopes } from '../../events/tenant-facts.ts';
import { requireAdmin } from '../../http/bearer.ts';
import { badRequest, problem, problemResponse } from '../../http/problem.ts';
import { commandErrors, tooLarge } from '../command-errors.ts';
import { type AdministrationDeps, administration } from './administration.ts';
import { PrintableSecret, Settings, SettingsPatch, shownFields } from './settings.ts';
import type { Tenant } from './tenant.ts';

const BODY_LIMIT_BYTES = 64 * 1024;

const TenantIdParam = z.object({
  id: z
    .string()
    .refine(isTenantId, 'must be 1–63 of a–z, 0–9, _ and -, and begin with a letter or digit')
    .openapi({ param: { name: 'id', in: 'path' }, example: 'acme' }),
});
const KeyParams = TenantIdParam.extend({ keyId: z.string().max(128) });

/** A tenant as an administrator sees it: no secrets. */
const ShownTenant = z
  .object({
    id: z.string(),
    ...z.object(shownFields).partial().shape,
    retellApiKeySet: z.boolean(),
    webhookKeys: z.array(z.object({ keyId: z.string(), source: z.enum(['admin', 'environment']) })),
    apiKeys: z.array(z.object({ keyId: z.string(), scopes: z.array(z.enum(scopes)) })),
  })
  .openapi('Tenant');

const ApiKeyOrder = z.strictObject({ scopes: z.array(z.enum(scopes)).min(1).max(scopes.length) });
const json = <S extends z.ZodType>(schema: S) => ({ 'application/json': { schema } });
const body = <S extends z.ZodType>(schema: S) => ({ body: { content: json(schema), required: true } });

const refusals = {
  400: problemResponse('Not as documented'),
  401: problemResponse('Not the admin key'),
  413: problemResponse('Body over 64 KiB'),
  415: problemResponse('Not JSON'),
  503: problemResponse('The event store did not confirm; repeat the request'),
};
const unknown = { 404: problemResponse('No such tenant or key') };

/** `/api/tenants`: whose calls are taken, with which keys. All of it with ADMIN_KEY. */
export function adminRoutes(deps: AdministrationDeps & { readonly adminKey: string }): OpenAPIHono {
  const { directory, logger } = deps;
  const admin = administration(deps);
  const routes = new OpenAPIHono({ defaultHook: badRequest });
  routes.onError(commandErrors(logger));

  const common = {
    tags: ['Tenants'],
    security: [{ adminKey: [] }],
    middleware: [
      requireAdmin(deps.adminKey),
      bodyLimit({ maxSize: BODY_LIMIT_BYTES, onError: tooLarge }),
      // Until the tenants in the log have been read, an answer would show less than there is.
      async (c: Context, next: () => Promise<void>) => (directory.ready() ? next() : notReady(c)),
    ],
  };

  const shown = (tenant: Tenant): z.infer<typeof ShownTenant> => {
    const { sealedRetellApiKey, ...settings } = tenant.settings;
    return {
      id: tenant.id,
      ...settings,
      retellApiKeySet: sealedRetellApiKey !== undefined,
      webhookKeys: tenant.webhookKeys.map(({ keyId }) => ({
        keyId,
        source: directory.isFromEnvironment(tenant.id, keyId) ? 'environment' : 'admin',
      })),
      apiKeys: tenant.apiKeys.map((key) => ({ keyId: key.keyId, scopes: [...key.scopes] })),
    };
  };
  const known = (id: string) => shown(directory.get(id)!);

  routes.openapi(
    createRoute({
      ...common,
      method: 'put',
      path: '/api/tenants/{id}',
      operationId: 'putTenant',
      summary: 'Register a tenant or replace its settings',
      description: 'What is absent is unset, `retellApiKey` too. Webhook keys and API keys stay as they are.',
      request: { params: TenantIdParam, ...body(Settings) },
      responses: { 200: { description: 'The tenant', content: json(ShownTenant) }, ...refusals },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      await admin.putSettings(id, c.req.valid('json'));
      return c.json(known(id), 200);
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
      request: { params: TenantIdParam, ...body(SettingsPatch) },
      responses: { 200: { description: 'The tenant', content: json(ShownTenant) }, ...refusals, ...unknown },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const outcome = await admin.patchSettings(id, c.req.valid('json'));
      return outcome === 'unknown_tenant' ? unknownTenant(c, id) : c.json(known(id), 200);
    },
  );

  routes.openapi(
    createRoute({
      ...common,
      method: 'get',
      path: '/api/tenants',
      operationId: 'listTenants',
      summary: 'All tenants, without secrets',
      responses: {
        200: { description: 'The tenants', content: json(z.object({ items: z.array(ShownTenant) })) },
        401: refusals[401],
        503: refusals[503],
      },
    }),
    (c) => c.json({ items: directory.list().map(shown) }, 200),
  );

  routes.openapi(
    createRoute({
      ...common,
      method: 'get',
      path: '/api/tenants/{id}',
      operationId: 'getTenant',
      summary: 'A tenant, without secrets',
      request: { params: TenantIdParam },
      responses: { 200: { description: 'The tenant', content: json(ShownTenant) }, ...refusals, ...unknown },
    }),
    (c) => {
      const { id } = c.req.valid('param');
      return directory.get(id) === undefined ? unknownTenant(c, id) : c.json(known(id), 200);
    },
  );

  routes.openapi(
    createRoute({
      ...common,
      method: 'post',
      path: '/api/tenants/{id}/webhook-keys',
      operationId: 'addWebhookKey',
      summary: 'Add a webhook key',
      description: 'It verifies beside those that are in force, so that a key can be rotated without a gap.',
      request: { params: TenantIdParam, ...body(z.strictObject({ key: PrintableSecret(8) })) },
      responses: {
        201: {
          description: 'In force; the same key again has the same id',
          content: json(z.object({ keyId: z.string() })),
        },
        ...refusals,
        ...unknown,
      },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const { outcome, keyId } = await admin.addWebhookKey(id, c.req.valid('json').key);
      return outcome === 'done' ? c.json({ keyId }, 201) : unknownTenant(c, id);
    },
  );

  routes.openapi(
    createRoute({
      ...common,
      method: 'delete',
      path: '/api/tenants/{id}/webhook-keys/{keyId}',
      operationId: 'retireWebhookKey',
      summary: 'Retire a webhook key',
      request: { params: KeyParams },
      responses: {
        204: { description: 'It verifies nothing any more' },
        409: problemResponse('The key is in force because RETELL_WEBHOOK_SECRET holds it'),
        ...refusals,
        ...unknown,
      },
    }),
    async (c) => {
      const { id, keyId } = c.req.valid('param');
      const outcome = await admin.retireWebhookKey(id, keyId);
      if (outcome === 'key_from_environment')
        return problem(c, 409, outcome, {
          detail: 'This key is in force through RETELL_WEBHOOK_SECRET: take it out there and restart.',
        });
      if (outcome === 'unknown_tenant') return unknownTenant(c, id);
      if (outcome === 'unknown_key') return unknownKey(c, id);
      return c.body(null, 204);
    },
  );

  routes.openapi(
    createRoute({
      ...common,
      method: 'post',
      path: '/api/tenants/{id}/api-keys',
      operationId: 'issueApiKey',
      summary: 'Issue an API key',
      description: 'The key is in this answer and nowhere else. `write` includes `read`.',
      request: { params: TenantIdParam, ...body(ApiKeyOrder) },
      responses: {
        201: {
          description: 'The key, once',
          content: json(ApiKeyOrder.extend({ keyId: z.string(), key: z.string() })),
        },
        ...refusals,
        ...unknown,
      },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const ordered = [...new Set(c.req.valid('json').scopes)];
      const { outcome, keyId, key } = await admin.issueApiKey(id, ordered);
      return outcome === 'done' ? c.json({ keyId, key, scopes: ordered }, 201) : unknownTenant(c, id);
    },
  );

  routes.openapi(
    createRoute({
      ...common,
      method: 'delete',
      path: '/api/tenants/{id}/api-keys/{keyId}',
      operationId: 'revokeApiKey',
      summary: 'Revoke an API key',
      request: { params: KeyParams },
      responses: { 204: { description: 'It opens nothing any more' }, ...refusals, ...unknown },
    }),
    async (c) => {
      const { id, keyId } = c.req.valid('param');
      const outcome = await admin.revokeApiKey(id, keyId);
      if (outcome === 'unknown_tenant') return unknownTenant(c, id);
      if (outcome === 'unknown_key') return unknownKey(c, id);
      return c.body(null, 204);
    },
  );

  return routes;
}

/** Typed as no answer of the route's, because zod-openapi takes any declared JSON for the type of all of them. */
const refused = (answer: Response) => answer as never;

const unknownTenant = (c: Context, id: string) =>
  refused(
    problem(c, 404, 'unknown_tenant', { detail: `No tenant "${id}" is registered: PUT /api/tenants/${id} first.` }),
  );

const unknownKey = (c: Context, id: string) =>
  refused(problem(c, 404, 'unknown_key', { detail: `Tenant "${id}" has no such key.` }));

const notReady = (c: Context) =>
  problem(c, 503, 'store_unavailable', {
    detail: 'The tenants have not been read from the event store yet. Repeat the request.',
    headers: { 'retry-after': '1' },
  });
