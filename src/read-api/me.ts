import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { adminScopes } from '../events/administration-facts.ts';
import { scopes } from '../events/tenant-facts.ts';
import { type Administrator, type Authenticate, bearerOf, unauthorized } from '../http/bearer.ts';
import { json, problem, problemResponse, uncached } from '../http/problem.ts';

const ApiKeyHolder = z.object({
  kind: z.literal('tenant'),
  ...{ keyId: z.string(), tenantId: z.string(), tenantName: z.string().optional() },
  timeZone: z.string().openapi({ description: "The tenant's own, else UTC.", example: 'Europe/Berlin' }),
  scopes: z.array(z.enum(scopes)),
});
const AdminKeyHolder = z.object({
  kind: z.literal('administrator'),
  ...{ keyId: z.string(), keyName: z.string() },
  scopes: z.array(z.enum(adminScopes)),
});
export const Me = z.discriminatedUnion('kind', [ApiKeyHolder, AdminKeyHolder]).openapi('Me');
export type Me = z.infer<typeof Me>;

export type MeDependencies = {
  readonly authenticate: Authenticate;
  readonly administrator: (key: string) => Administrator | undefined;
  readonly tenant: (
    tenantId: string,
  ) => { readonly name?: string | undefined; readonly timeZone?: string | undefined } | undefined;
  /** False until the tenants in the log have been read: an API key is known only then. */
  readonly ready: () => boolean;
};

/** `GET /api/me`: whose a key is, from memory alone. Every process answers it. */
export function meRoute({ authenticate, administrator, tenant, ready }: MeDependencies): OpenAPIHono {
  const app = new OpenAPIHono();
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/me',
      operationId: 'getMe',
      tags: ['Operations'],
      summary: 'Whose a key is, and what it may do',
      security: [{ apiKey: [] }, { adminKey: [] }],
      responses: {
        200: json(Me, 'The tenant of an API key, or what an admin key may do.'),
        401: problemResponse('`unauthorized`: no key, or an unknown or revoked one.'),
        503: problemResponse('`event_store_unavailable`: the keys have not been read yet.'),
      },
    }),
    (c) => {
      const key = bearerOf(c);
      if (key === undefined) return unauthorized(c, 'Send a key: Authorization: Bearer <API key or admin key>.');
      const admin = administrator(key);
      if (admin)
        return c.json(
          { kind: 'administrator' as const, keyId: admin.keyId, keyName: admin.name, scopes: [...admin.scopes] },
          200,
          uncached,
        );
      const caller = authenticate(key);
      if (caller) {
        const { name, timeZone = 'UTC' } = tenant(caller.tenantId) ?? {};
        const { tenantId, keyId } = caller;
        return c.json(
          {
            kind: 'tenant' as const,
            ...{ keyId, tenantId, timeZone, scopes: [...caller.scopes] },
            ...(name !== undefined && { tenantName: name }),
          },
          200,
          uncached,
        );
      }
      if (!ready())
        return problem(c, 503, 'event_store_unavailable', {
          detail: 'The keys have not been read from the event store yet. Repeat the request.',
          headers: { 'retry-after': '1' },
        });
      return unauthorized(c, 'This key is unknown or has been revoked.');
    },
  );
  return app;
}
