import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import { isTenantId } from '../events/identity.ts';
import { scopes } from '../events/tenant-facts.ts';
import { pathId } from '../http/parameters.ts';
import { bodyRefusals, json, jsonBody, problem, problemResponse } from '../http/problem.ts';
import type { Administration } from '../tenants/administration.ts';
import { oneLine, PrintableSecret } from '../tenants/settings.ts';

/** What the routes are made with; `common` says who may ask, and when. */
export type AdminParts = {
  readonly common: { tags: string[]; security: { adminKey: string[] }[]; middleware: MiddlewareHandler[] };
  readonly admin: Administration;
};

/** Of a tenant that must be there: an id that no tenant can have is answered like one that none has. */
export const KnownTenantParam = z.object({
  id: pathId('id', (value) => (isTenantId(value) ? value : undefined)),
});

export const unknown = { 404: problemResponse('No such tenant or key') };

export const refusals = {
  400: problemResponse('Not as documented'),
  401: problemResponse('Not the admin key'),
  503: problemResponse('`event_store_unavailable`: it did not confirm; repeat the request'),
};
export const unknownTenant = (c: Context, id: string) =>
  problem(c, 404, 'unknown_tenant', {
    detail:
      id === '' ? 'No tenant can have this id.' : `No tenant "${id}" is registered: PUT /api/tenants/${id} first.`,
  });

/** Of keys of all kinds. */
export const lastUsedAt = z.iso
  .datetime()
  .optional()
  .openapi({
    description:
      'When it last opened anything. Of uses at another process, or before a restart, up to an hour late; absent: never, as far ' +
      'as is known.',
  });

const KeyParams = KnownTenantParam.extend({ keyId: pathId('keyId') });
const ApiKeyOrder = z.strictObject({
  name: oneLine(100).optional().openapi({ example: 'desk console', description: 'What it is for; a list shows it.' }),
  scopes: z.array(z.enum(scopes)).min(1).max(scopes.length),
});

const SecretOf = z.object({ tenantId: z.string(), keyId: z.string() });
export const Resealed = z
  .object({
    resealed: z.int().openapi({ description: 'How many were sealed under MASTER_KEY_PREVIOUS.' }),
    closed: z.array(SecretOf).openapi({ description: 'What neither key opens.' }),
  })
  .openapi('Resealed');
export const Forgotten = z.object({ forgotten: z.array(SecretOf) }).openapi('Forgotten');

/** What is to be done with sealed secrets when MASTER_KEY is changed, or lost (docs/operations.md). */
export function secretRoutes(routes: OpenAPIHono, { common, admin }: AdminParts): void {
  routes.openapi(
    createRoute({
      ...common,
      method: 'post',
      path: '/api/secrets/reseal',
      operationId: 'resealSecrets',
      summary: 'Seal every secret under the present MASTER_KEY',
      description:
        'What MASTER_KEY_PREVIOUS has sealed; afterwards that can be taken out. Asked again it does the rest.',
      responses: { 200: json(Resealed, 'What was done'), 401: refusals[401], 503: refusals[503] },
    }),
    async (c) => c.json(await admin.resealSecrets(), 200),
  );

  routes.openapi(
    createRoute({
      ...common,
      method: 'post',
      path: '/api/secrets/forget-closed',
      operationId: 'forgetClosedSecrets',
      summary: 'Give up the secrets that no MASTER_KEY opens',
      description:
        'For a MASTER_KEY that is lost. Webhook keys and Retell API keys must be added again; evidence under a forgotten key ' +
        'is kept and cannot be verified until its key is added again.',
      responses: { 200: json(Forgotten, 'What was given up'), 401: refusals[401], 503: refusals[503] },
    }),
    async (c) => c.json(await admin.forgetClosedSecrets(), 200),
  );
}

/** Keys: those that verify a tenant's webhooks, and those that open the API to it. */
export function keyRoutes(routes: OpenAPIHono, { common, admin }: AdminParts): void {
  routes.openapi(
    createRoute({
      ...common,
      method: 'post',
      path: '/api/tenants/{id}/webhook-keys',
      operationId: 'addWebhookKey',
      summary: 'Add a webhook key',
      description:
        'It verifies beside the one that is in force, so that a key can be rotated without a gap; two are enough for that.',
      request: {
        params: KnownTenantParam,
        ...jsonBody(z.strictObject({ key: PrintableSecret(8) }), { key: 'the-api-key-with-the-webhook-badge' }),
      },
      responses: {
        201: json(z.object({ keyId: z.string() }), 'In force; the same key again has the same id'),
        409: problemResponse('`too_many_webhook_keys`: two are active; retire one first.'),
        ...refusals,
        ...bodyRefusals,
        ...unknown,
      },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const { outcome, keyId } = await admin.addWebhookKey(id, c.req.valid('json').key);
      if (outcome === 'too_many_webhook_keys')
        return problem(c, 409, outcome, {
          detail: `Tenant ${id} has two active webhook keys, enough for a rotation. Retire one first: \`call-ledger tenants show ${id}\` has their ids.`,
        });
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
      request: { params: KnownTenantParam, ...jsonBody(ApiKeyOrder, { name: 'desk console', scopes: ['read'] }) },
      responses: {
        201: json(ApiKeyOrder.extend({ keyId: z.string(), key: z.string() }), 'The key, once'),
        ...refusals,
        ...bodyRefusals,
        ...unknown,
      },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const order = c.req.valid('json');
      const wanted = { ...order, scopes: [...new Set(order.scopes)] };
      const { outcome, keyId, key } = await admin.issueApiKey(id, wanted);
      return outcome === 'done' ? c.json({ ...wanted, keyId, key }, 201) : unknownTenant(c, id);
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
}

const unknownKey = (c: Context, id: string) =>
  problem(c, 404, 'unknown_key', { detail: `Tenant "${id}" has no such key.` });
